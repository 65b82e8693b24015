import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Ticket, ticketRated } from '@trebol/contracts';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';

let rig: Rig;
const ANA = memberId(1);

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) => permutations(items.filter((_, at) => at !== index)).map((rest) => [item, ...rest]));
}

/** The four facts of one purchase under names of their own, so that all permutations share one database and each has its own member. */
function facts(n: number): { readonly tickets: readonly Ticket[]; readonly member: string } {
  const bought = sale(`${n}0`, [line(1, 3_333, 3), { ...line(2, 1_099), quantity: '0.750' }], { identification: { kind: 'card', value: `P${n}` } });
  return {
    member: memberId(1_000 + n),
    tickets: [
      bought, correctionOf('return', `${n}1`, `${n}0`, [{ line: 1, quantity: 1 }]),
      correctionOf(
        'return', `${n}2`, `${n}0`, [{ line: 1, quantity: 1 }, { line: 2, quantity: '0.75' }],
      ), correctionOf('void', `${n}3`, `${n}0`, [{ line: 1, quantity: 1 }]),
    ],
  };
}

/** What is left of the lots, in all: the wallet as a member sees it. */
const standing = async (member: string): Promise<unknown> => {
  const { balance, lots } = await rig.wallet(member);
  return { available: balance.available, debt: balance.debt, lots: lots.map(({ granted, remaining }) => ({ granted, remaining })) };
};

describe('returns', () => {
  it('given a sale, when part of it comes back, then what the remaining basket is not worth goes, and all of it with the rest', async () => {
    await take(rig.earning, [sale('1', [line(1, 199, 1), line(2, 199, 1)])]);
    expect((await rig.wallet(ANA)).balance.available).toBe(3);
    const first = correctionOf('return', '2', '1', [{ line: 1, quantity: 1 }]);
    for (const status of ['rated', 'duplicate']) expect(await take(rig.earning, [first])).toEqual([status]);
    expect((await rig.wallet(ANA)).balance.available).toBe(1);
    await take(rig.earning, [correctionOf('return', '3', '1', [{ line: 2, quantity: 1 }])]);
    expect((await rig.wallet(ANA)).balance.available).toBe(0);
  });

  it('given 1.5 kilos, when half a kilo comes back, and then more than is left, then a third of the points goes and the rest stays', async () => {
    const kilos = (sequence: string, quantity: string | number, unitPrice: string | number) =>
      sale(sequence, [{ line: 1, sku: 'cheese', quantity, unitPrice, amount: 3_000 }]);
    expect(await take(rig.earning, [kilos('1', '1.50', 2_000)])).toEqual(['rated']);
    expect(await take(rig.earning, [kilos('1', '1.5', '20.00'), kilos('1', '1.500', 2_000), kilos('1', 2, 2_000)]))
      .toEqual(['duplicate', 'duplicate', 'quarantined']);
    const back = (sequence: string, quantity: string): Ticket => {
      const ticket = correctionOf('return', sequence, '1', [{ line: 1, quantity: 1 }]);
      return { ...ticket, lines: ticket.lines.map((line) => ({ ...line, quantity })) };
    };
    expect(await take(rig.earning, [back('2', '0.5')])).toEqual(['rated']);
    expect((await rig.wallet(ANA)).balance.available).toBe(20);
    expect(await take(rig.earning, [back('3', '1.001')])).toEqual(['rejected']);
    expect(await take(rig.earning, [back('4', '1.000')])).toEqual(['rated']);
    expect((await rig.wallet(ANA)).balance.available).toBe(0);
    await rig.earning.publisher.drain();
    const told = rig.bus.published.map(({ value }) => ticketRated.parse(JSON.parse(value))).find(({ transactionKey }) => transactionKey === keyOf('1'));
    expect(told?.lines).toEqual([{ line: 1, sku: 'cheese', quantity: 2, quantityExact: '1.5', unitPrice: '20.00', amount: 3_000 }]);
  });

  it('given points already spent, when the sale comes back, then the rest is owed', async () => {
    await take(rig.earning, [sale('1', [line(1, 10_000, 10)])]);
    await rig.ledger.handle({ tenant: TENANT, programme: 'club', pointType: 'points', member: ANA },
      { type: 'RedeemPoints', commandId: 'r', occurredAt: rig.clock.now(), redemptionId: 'r', points: 80 });
    await take(rig.earning, [correctionOf('return', '2', '1', [{ line: 1, quantity: 6 }])]);
    expect((await rig.wallet(ANA)).balance).toMatchObject({ available: 0, debt: 40 });
    const { answer } = await rig.earning.tickets.take(TENANT, sale('3', [line(1, 5_000)]), 'en');
    expect(answer).toMatchObject({ points: { earned: 50, debtRepaid: 40 }, balance: { available: 10, debt: 0 } });
  });

  it('given more back than was bought, or a line that was not, then the return is rejected with a pointer and changes nothing', async () => {
    await take(rig.earning, [sale('1', [line(1, 1_000, 2)])]);
    const tooMuch = correctionOf('return', '2', '1', [{ line: 1, quantity: 3 }]);
    for (const status of ['rejected', 'duplicate']) expect(await take(rig.earning, [tooMuch])).toEqual([status]);
    expect(await rig.earning.tickets.show(TENANT, keyOf('2'), 'en'))
      .toMatchObject({ reason: 'returnedMoreThanBought', reasonPointer: '/lines/0/quantity' });
    expect(await take(rig.earning, [correctionOf('return', '3', '1', [{ line: 9, quantity: 1 }])])).toEqual(['rejected']);
    expect(await take(rig.earning, [correctionOf('return', '4', '3', [{ line: 1, quantity: 1 }])])).toEqual(['rejected']);
    expect((await rig.wallet(ANA)).balance.available).toBe(10);
  });

  it('given a return that names no original, then it waits for good and moves nothing', async () => {
    const { original: _, ...unnamed } = correctionOf('return', '2', '1', [{ line: 1, quantity: 1 }]);
    for (const status of ['awaitingOriginal', 'duplicate']) expect(await take(rig.earning, [unnamed])).toEqual([status]);
    await take(rig.earning, [sale('1', [line(1, 1_000)])]);
    expect((await rig.earning.tickets.show(TENANT, keyOf('2'), 'en')).status).toBe('awaitingOriginal');
  });

  it('given a return of a return that comes first, when what it names arrives, then it is rejected', async () => {
    expect(await take(rig.earning, [correctionOf('return', '3', '2', [{ line: 1, quantity: 1 }])])).toEqual(['awaitingOriginal']);
    await take(rig.earning, [correctionOf('return', '2', '1', [{ line: 1, quantity: 1 }])]);
    expect(await rig.earning.tickets.show(TENANT, keyOf('3'), 'en')).toMatchObject({ status: 'rejected', reason: 'originalNotASale' });
  });

  for (const together of ['one batch each', 'one batch for all', 'all at the same moment'] as const) {
    it(`given sale, return, second return and void in any order, ${together}, each delivered twice, then the wallet ends the same`, async () => {
      const orders = permutations([0, 1, 2, 3]);
      for (const [n, order] of orders.entries()) {
        const { tickets, member } = facts(n + 1);
        await rig.enrol(member, `P${n + 1}`);
        const ordered = order.map((index) => tickets[index] as Ticket);
        const twice = [...ordered, ...ordered];
        if (together === 'one batch for all') await take(rig.earning, twice);
        else if (together === 'one batch each') for (const ticket of twice) await take(rig.earning, [ticket]);
        else await Promise.all(twice.map((ticket, at) => take(at % 2 === 0 ? rig.earning : rig.restarted(), [ticket])));
        await rig.earning.sweeper.runOnce({ graceSeconds: 0 });
        expect([order, await standing(member)]).toEqual([order, { available: 0, debt: 0, lots: [] }]);
        for (const { sequence } of tickets) expect((await rig.earning.tickets.show(TENANT, keyOf(sequence), 'en')).status).toBe('posted');
      }
    });
  }

  it('given both returns without the void, in any order, then the wallet keeps what the remaining basket is worth', async () => {
    for (const [n, order] of permutations([0, 1, 2]).entries()) {
      const { tickets, member } = facts(n + 1);
      await rig.enrol(member, `P${n + 1}`);
      for (const index of order) await take(rig.earning, [tickets[index] as Ticket]);
      expect(await standing(member)).toEqual({ available: 11, debt: 0, lots: [{ granted: 44, remaining: 11 }] });
    }
  });
});
