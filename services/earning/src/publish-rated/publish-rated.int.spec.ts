import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TicketRated, ticketRated } from '@trebol/contracts';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take } from '../../test/rig.ts';

let rig: Rig;
const ANA = memberId(1);

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

const told = (): readonly TicketRated[] => rig.bus.published.map(({ value }) => ticketRated.parse(JSON.parse(value)));
const newest = (): ReadonlyMap<string, TicketRated> => {
  const byKey = new Map<string, TicketRated>();
  for (const message of told()) if (
    message.version >= (byKey.get(message.transactionKey)?.version ?? 0)
  ) byKey.set(message.transactionKey, message);
  return byKey;
};

describe('publishing rated tickets', () => {
  it('given tickets of every outcome, then each is told once with what it was worth, and nothing is told twice', async () => {
    await take(rig.earning, [
      sale('1', [line(1, 1_000, 2)]), correctionOf(
        'return', '2', '1', [{ line: 1, quantity: 1 }],
      ), correctionOf('return', '3', '9', [{ line: 1, quantity: 1 }]),
      sale('4', [line(1, 100)], { identification: { kind: 'card', value: 'C9' } }),
      sale('5', [line(1, 100)], { businessDay: '2025-03-02', occurredAt: '2025-03-02T10:00:00+01:00' }),
    ]);
    expect(await rig.earning.publisher.drain()).toBe(5);
    expect(await rig.earning.publisher.drain()).toBe(0);
    expect(newest().get(keyOf('1'))).toMatchObject(
      { version: 1, status: 'posted', memberId: ANA, zone: 'Europe/Madrid', total: 1_000, pointsEarned: 10 },
    );
    expect(newest().get(keyOf('2'))).toMatchObject(
      { status: 'posted', memberId: ANA, originalKey: keyOf('1'), pointsEarned: 0, pointsReversed: 5 },
    );
    expect(told().map(({ status }) => status).sort()).toEqual(['awaitingOriginal', 'noMember', 'posted', 'posted', 'tooOld']);
    expect(rig.bus.published.map(({ key }) => key).sort()).toEqual([ANA, ANA, ANA, 's1', 's1'].sort());
    expect(JSON.stringify(rig.bus.published)).not.toContain('C9');
  });

  it('given a ticket whose standing changes, then a newer version is told', async () => {
    const waiting = sale('4', [line(1, 100)], { identification: { kind: 'card', value: 'C9' } });
    await take(rig.earning, [waiting, correctionOf('void', '3', '9', [{ line: 1, quantity: 1 }])]);
    await rig.earning.publisher.drain();
    await rig.enrol(memberId(9), 'C9');
    await take(rig.earning, [sale('9', [line(1, 700)])]);
    await rig.earning.publisher.drain();
    expect(newest().get(keyOf('4'))).toMatchObject({ version: 2, status: 'posted', memberId: memberId(9) });
    expect(newest().get(keyOf('3'))).toMatchObject({ status: 'posted', pointsReversed: 7 });
    expect(newest().get(keyOf('3'))?.version).toBeGreaterThan(1);
    expect(new Set(rig.bus.published.map(({ id }) => id)).size).toBe(rig.bus.published.length);
  });

  it('given a bus that is down or a relay that dies after publishing, then everything is told at last, under the same ids', async () => {
    await take(rig.earning, Array.from({ length: 1_100 }, (_, n) => sale(String(n + 1), [line(1, 100)])));
    rig.bus.down = true;
    await expect(rig.earning.publisher.drain()).rejects.toThrow('the bus is down');
    rig.bus.down = false;
    expect(await rig.restarted().publisher.drain()).toBe(1_100);
    await rig.dataSource.query('UPDATE earning.relay SET position = 0');
    await rig.restarted().publisher.drain();
    expect(new Set(rig.bus.published.map(({ id }) => id)).size).toBe(1_100);
  });
});
