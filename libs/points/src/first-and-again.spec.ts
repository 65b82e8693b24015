import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PointsCommand } from './commands.ts';
import { identityOfCommand } from './identity.ts';
import type { Outcome } from './ledger.ts';
import { earn, expireLots, hold, release } from './testing/commands.ts';
import { commandOf, happenings } from './testing/histories.ts';
import { ANA, LedgerKit, summary } from './testing/ledger-kit.ts';

const effectOf = (outcome: Outcome) => (outcome.status === 'accepted' ? outcome.effect : outcome);

describe('the first effect and the repeated one', () => {
  it('are the same for every command that has an identity, whatever time books with it, within a batch, at once and at the end', async () => {
    await fc.assert(fc.asyncProperty(happenings, fc.boolean(), async (all, alike) => {
      const kit = new LedgerKit();
      const ledger = kit.ledger();
      const accepted: [PointsCommand, Outcome][] = [];
      for (const what of all) {
        kit.clock.advance(what.waitMs);
        // Request ids are the caller's own and may all be one.
        const plain = commandOf(what, kit.clock.now());
        const command = alike ? { ...plain, commandId: 'always the same' } : plain;
        const twice = await ledger.handleMany([{ wallet: ANA, command }, { wallet: ANA, command }]);
        const [first, again] = twice;
        if (first?.status !== 'accepted' || identityOfCommand(command) === undefined) continue;
        expect(again).toMatchObject({ status: 'accepted', alreadyDone: true });
        expect(again === undefined || effectOf(again)).toEqual(first.effect);
        accepted.push([command, first]);
      }
      const other = kit.ledger({ cacheMax: 0 });
      for (const [command, first] of accepted) {
        const again = await other.handle(ANA, command);
        // A hold that was captured after it was placed, or let go twice over, is told by its own commands; nothing else changes.
        expect([command.type, summary(again), effectOf(again)]).toEqual([command.type, 'already done', effectOf(first)]);
      }
    }), { numRuns: 200 });
  });

  it('of a hold that lapsed are what came back of it, though another lot lapsed before it and with the same command', async () => {
    const kit = new LedgerKit();
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('other', [{ points: 59, through: '2026-02-10' }]));
    await ledger.handle(ANA, earn('held', [{ points: 50, through: '2026-02-09', from: '2026-02-01' }, { points: 9, through: null }]));
    await ledger.handle(ANA, earn('long', [{ points: 50, through: null }]));
    await ledger.handle(ANA, hold('h', 80, '2026-02-11T00:10:00Z'));
    kit.clock.set('2026-02-11T00:20:00Z');
    const first = await ledger.handle(ANA, release('h'));
    expect(first).toMatchObject({ alreadyDone: false, effect: { restored: 80, expired: 0 } });
    const again = await kit.ledger().handle(ANA, release('h'));
    expect(effectOf(again)).toEqual(effectOf(first));
  });

  it('of a hold that lapsed unasked in the same batch are what came back of it', async () => {
    const kit = new LedgerKit();
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('s', 50));
    await ledger.handle(ANA, hold('h', 30, '2026-02-10T12:10:00Z'));
    kit.clock.set('2026-02-10T12:20:00Z');
    const [, inBatch] = await ledger.handleMany([expireLots('2026-02-10T12:20:00Z'), release('h')].map((command) => ({ wallet: ANA, command })));
    const later = await kit.ledger().handle(ANA, release('h'));
    expect(inBatch).toMatchObject({ alreadyDone: true, effect: { restored: 30 } });
    expect(later).toMatchObject({ alreadyDone: true, effect: { restored: 30 } });
  });
});
