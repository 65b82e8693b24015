import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '@trebol/event-store';
import { emptyWallet } from '@trebol/points';
import { Movements, movementOf } from './movements.ts';
import type { Held } from './wallet-folds.ts';

const id = { tenant: 'main', programme: 'club', pointType: 'points', member: `mbr_${'0'.repeat(32)}` };
const held: Held = { stream: 'wallet-a', id, state: emptyWallet(), revision: 1, position: null, recordedAt: 0, used: true };
const opened = (revision: number): RecordedEvent => ({
  stream: 'wallet-a', revision, id: '00000000-0000-0000-0000-000000000000', type: 'WalletOpened', schemaVersion: 1, data: `[${revision}]`,
  recordedAt: revision, position: { partition: 1, position: BigInt(revision) },
});

describe('movements', () => {
  it('given an event that two readers meet, when the second asks, then it gets what the first computed, and that is what it would compute', () => {
    const movements = new Movements();
    const first = movements.of(opened(1), held);
    expect(movements.of(opened(1), held)).toBe(first);
    expect(first).toEqual(movementOf(opened(1), held));
  });

  it('given another event under the same id, when it is met, then it is not taken for the first', () => {
    const movements = new Movements();
    expect(movements.of(opened(1), held).said.occurredAt).toBe(1);
    expect(movements.of(opened(2), held).said.occurredAt).toBe(2);
  });

  it('given more events than are kept, when an old one comes again, then it is computed again', () => {
    const movements = new Movements();
    const first = movements.of(opened(1), held);
    for (let revision = 2; revision <= 8_200; revision += 1) movements.of(opened(revision), held);
    expect(movements.of(opened(1), held)).not.toBe(first);
    expect(movements.of(opened(8_200), held)).toBe(movements.of(opened(8_200), held));
  });
});
