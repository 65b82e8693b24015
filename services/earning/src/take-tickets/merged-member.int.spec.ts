import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PointsCommand } from '@trebol/points';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT, walletOf } from '../../test/rig.ts';

const [ANA, SURVIVOR] = [memberId(1), memberId(2)];
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

/** The merge as redemption drives it, before earning has heard of it. */
async function merge(): Promise<void> {
  const header = { commandId: 'm', occurredAt: rig.clock.now() };
  const done = async (member: string, command: PointsCommand) => {
    const outcome = await rig.ledger.handle(walletOf(member), command);
    if (outcome.status !== 'accepted') throw new Error(JSON.stringify(outcome));
    return outcome;
  };
  const moved = await done(ANA, { ...header, type: 'MoveLotsOut', mergeId: 'm1', to: SURVIVOR });
  if (moved.effect.contents === undefined) throw new Error('nothing was moved');
  await done(SURVIVOR, { ...header, type: 'MoveLotsIn', mergeId: 'm1', from: ANA, contents: moved.effect.contents });
  await done(ANA, { ...header, type: 'CloseWallet', closeId: 'm1', movedTo: SURVIVOR });
}

describe('a member whose wallet was merged away', () => {
  it('given a ticket rated for the old wallet, when it is posted, then the points reach the wallet that took over, once', async () => {
    await take(rig.earning, [sale('1', [line(1, 10_000)])]);
    await merge();
    for (const status of ['rated', 'duplicate']) expect(await take(rig.earning, [sale('2', [line(1, 5_000)])])).toEqual([status]);
    expect((await rig.wallet(SURVIVOR)).balance.available).toBe(150);
  });

  it('given a sale from before the merge, when it comes back after it, then the points go from the wallet that took over', async () => {
    await take(rig.earning, [sale('1', [line(1, 10_000, 10)])]);
    await merge();
    await take(rig.earning, [correctionOf('return', '2', '1', [{ line: 1, quantity: 4 }])]);
    expect((await rig.wallet(SURVIVOR)).balance).toMatchObject({ available: 60, debt: 0 });
  });

  it('given a ticket of the old member, when it is read after the merge, then its balance is that of the living member', async () => {
    await take(rig.earning, [sale('1', [line(1, 10_000)])]);
    await merge();
    await rig.enrol(ANA, 'C1', { version: 2, status: 'merged', mergedInto: SURVIVOR, identifiers: [] });
    await rig.enrol(SURVIVOR, 'C1', { version: 2 });
    expect(await rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).toMatchObject({ memberId: ANA, points: { earned: 100 }, balance: { available: 100 } });
  });
});
