import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PointsCommand } from './commands.ts';
import type { Effect, Outcome } from './ledger.ts';
import { forfeit, moveIn, moveOut, receive, send } from './testing/care-commands.ts';
import { earn, hold } from './testing/commands.ts';
import { ANA, LedgerKit, summary, wallet } from './testing/ledger-kit.ts';

let kit: LedgerKit;
beforeEach(() => { kit = new LedgerKit(); });

const effectOf = (outcome: Outcome): Partial<Effect> => (outcome.status === 'accepted' ? outcome.effect : {});

/** The answer of the first time, of a repetition by this process, by another one without memory, and within one batch. */
async function answers(command: PointsCommand): Promise<readonly Outcome[]> {
  const ledger = kit.ledger();
  const batch = await ledger.handleMany([{ wallet: ANA, command }, { wallet: ANA, command }]);
  return [...batch, await ledger.handle(ANA, command), await kit.ledger({ cacheMax: 0 }).handle(ANA, command)];
}

describe('what a saga hands on', () => {
  const LATER = '2026-02-10T12:10:00Z';

  it('given SendPoints is repeated, then every answer has the lots, and they arrive as they left', async () => {
    await kit.ledger().handle(ANA, earn('sale', [{ points: 30, through: '2026-03-01' }, { points: 20 }]));
    const outcomes = await answers(send('t', 40));
    expect(outcomes.map(summary)).toEqual(['accepted', 'already done', 'already done', 'already done']);
    const [first, ...again] = outcomes.map(effectOf);
    expect(first).toMatchObject({ sent: 40, lots: [{ points: 30, validThrough: '2026-03-01' }, { points: 10 }] });
    for (const effect of again) expect(effect).toEqual(first);
    const received = await kit.ledger().handle(wallet('bea'), receive('t', first?.lots ?? []));
    expect(received).toMatchObject({ effect: { received: 40 }, balance: { available: 40 } });
  });

  it('given MoveLotsOut is repeated, then every answer has the contents, and they arrive as they left', async () => {
    await kit.ledger().handle(ANA, earn('sale', [{ points: 30 }, { points: 20, from: '2026-06-01' }]));
    await kit.ledger().handle(ANA, hold('h', 5, LATER));
    const [first, ...again] = (await answers(moveOut('m'))).map(effectOf);
    expect(first).toMatchObject({ sent: 50, contents: { lots: [{ points: 25, held: 5 }, { points: 20 }], holds: [{ holdId: 'h' }] } });
    for (const effect of again) expect(effect).toEqual(first);
    const contents = first?.contents ?? { lots: [], holds: [], debt: 0, feeDue: 0, feePaid: 0 };
    const arrived = await kit.ledger().handle(wallet('bea'), moveIn('m', contents));
    expect(arrived).toMatchObject({ effect: { received: 50 }, balance: { available: 25, held: 5, pending: 20 } });
    expect((await kit.ledger().wallet(wallet('bea'))).lots.map((lot) => lot.source)).toEqual(['merge/m', 'merge/m']);
  });

  it('given ForfeitPoints lets a hold go, then the first answer and the repeated ones are the same', async () => {
    await kit.ledger().handle(ANA, earn('sale', 30));
    await kit.ledger().handle(ANA, hold('h', 5, LATER));
    const [first, ...again] = (await answers(forfeit('f'))).map(effectOf);
    expect(first).toMatchObject({ forfeited: 30, restored: 0 });
    for (const effect of again) expect(effect).toEqual(first);
  });
});
