import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Ticket } from '@trebol/contracts';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';

const [ANA, BEA] = [memberId(1), memberId(2)];
const DAY = 86_400_000;
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
  await rig.enrol(BEA, 'C2');
});
afterEach(() => rig.close());

const anonymous = (sequence: string, change: Partial<Ticket> = {}): Ticket => {
  const { identification: _, ...ticket } = sale(sequence, [line(1, 1_000, 2)], change);
  return ticket;
};
const claim = (sequence: string, member: string, earning = rig.earning) =>
  earning.tickets.claim({ tenant: TENANT, key: keyOf(sequence), memberId: member }, 'en');
const refusal = (sequence: string, member = ANA) => claim(sequence, member).then(() => undefined,
  ({ code, details }: { code: string; details: { reason?: string } }) => details.reason ?? code);
const available = async (member: string): Promise<number> => (await rig.wallet(member)).balance.available;

describe('claiming a receipt', () => {
  it('given a sale without identification, when a member claims it, twice, then it earns once, its return too', async () => {
    await take(rig.earning, [anonymous('1'), correctionOf('return', '2', '1', [{ line: 1, quantity: 1 }])]);
    rig.clock.advance(20 * DAY);
    for (const replayed of [false, true]) {
      expect(await claim('1', ANA)).toMatchObject({ replayed, answer: { status: 'posted', memberId: ANA, points: { earned: 10 }, balance: { available: 5 } } });
    }
    expect(await take(rig.earning, [anonymous('1')])).toEqual(['duplicate']);
    expect(await available(ANA)).toBe(5);
    expect(await refusal('1', BEA)).toBe('claimOfIdentified');
  });

  it('given two members who claim at the same moment, in two processes, then one gets it', async () => {
    await take(rig.earning, [anonymous('1')]);
    const answers = await Promise.allSettled([claim('1', ANA), claim('1', BEA, rig.restarted())]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await available(ANA) + await available(BEA)).toBe(10);
  });

  it('given what cannot be claimed, then it says why', async () => {
    await take(rig.earning, [
      anonymous('1'), sale('2', [line(1, 100)], { identification: { kind: 'card', value: 'C9' } }), correctionOf('void', '3', '99', [{ line: 1, quantity: 1 }]),
    ]);
    expect(await refusal('1', memberId(9))).toBe('memberNotFound');
    expect(await refusal('2')).toBe('claimOfIdentified');
    expect(await refusal('3')).toBe('claimOfNoSale');
    expect(await refusal('404')).toBe('ticketNotFound');
    rig.clock.advance(90 * DAY + 1);
    expect(await refusal('1')).toBe('claimTooLate');
    await take(rig.earning, [anonymous('4')]);
    expect(await refusal('4')).toBe('claimOfTooOld');
  });
});
