import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Ticket } from '@trebol/contracts';
import type { Outcome, PointsLedger } from '@trebol/points';
import { ticketErrors } from '../ticket-errors.ts';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';

let rig: Rig;
const ANA = memberId(1);

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

const available = async (): Promise<number> => {
  const { balance } = await rig.wallet(ANA);
  return balance.available - balance.debt;
};
const show = (sequence: string) => rig.earning.tickets.show(TENANT, keyOf(sequence), 'en');

/** A ledger that answers `unknown`, or throws, as often as it is told; then it is the real one. */
function failing(real: PointsLedger, faults: ('unknown' | 'throw' | 'throwAfter')[]): PointsLedger {
  const guard = async <T>(run: () => Promise<T>, unknown: () => T): Promise<T> => {
    const fault = faults.shift();
    if (fault === 'unknown') return unknown();
    if (fault === 'throw') throw new Error('the process died before the append');
    const answer = await run();
    if (fault === 'throwAfter') throw new Error('the process died after the append');
    return answer;
  };
  const unknown: Outcome = { status: 'unknown', cause: 'lost' };
  return {
    handle: (wallet, command) => guard(() => real.handle(wallet, command), () => unknown),
    handleMany: (commands) => guard(() => real.handleMany(commands), () => commands.map(() => unknown)),
    wallet: (wallet, asOf) => real.wallet(wallet, asOf),
  };
}

describe('taking tickets in batches', () => {
  it('given a sale of a known member, when it is taken twice, then it earns once and the second is a duplicate', async () => {
    const ticket = sale('1', [line(1, 1_250), line(2, 799)]);
    expect(await take(rig.earning, [ticket])).toEqual(['rated']);
    expect(await take(rig.earning, [ticket])).toEqual(['duplicate']);
    expect(await available()).toBe(20);
    expect((await show('1')).status).toBe('posted');
  });

  it('given the same ticket twice in one batch, then it earns once; with other content the later one is quarantined', async () => {
    const ticket = sale('1', [line(1, 1_000)]);
    expect(await take(rig.earning, [ticket, ticket, sale('1', [line(1, 9_000)])])).toEqual(['rated', 'duplicate', 'quarantined']);
    expect(await available()).toBe(10);
  });

  it('given the same conflicting content twice in one batch, then the first of them is told as new, as in two batches', async () => {
    const other = sale('1', [line(1, 5_000)]);
    const taken = await rig.earning.lines.open(TENANT).offer([sale('1', [line(1, 1_000)]), other, other], { history: false });
    expect(taken.map((one) => (one.status === 'quarantined' ? one.first : one.status))).toEqual(['rated', true, false]);
  });

  it('given a key that belongs to another ticket, then nothing is applied and both bodies are kept, once', async () => {
    await take(rig.earning, [sale('1', [line(1, 1_000)])]);
    const other = sale('1', [line(1, 5_000)]);
    for (const first of [true, false]) {
      const [taken] = await rig.earning.lines.open(TENANT).offer([other], { history: false });
      expect(taken).toEqual({ key: keyOf('1'), status: 'quarantined', first });
    }
    expect(await available()).toBe(10);
    expect(await rig.dataSource.query('SELECT transaction_key FROM earning.quarantine')).toHaveLength(1);
  });

  it('given another spelling of the same ticket, then it is the same ticket', async () => {
    await take(rig.earning, [sale('1', [line(1, 1_000)])]);
    const spelt = sale('1', [{ amount: 1_000, quantity: 1, sku: 'sku-1', line: 1 }], {
      occurredAt: '2026-03-02T10:00:00Z', identification: { kind: 'card', value: ' c1 ' },
    });
    expect(await take(rig.earning, [spelt])).toEqual(['duplicate']);
  });

  it('given a ticket older than 30 days, then it gives no points, but a file of history may carry it', async () => {
    const old = { businessDay: '2026-01-30', occurredAt: '2026-01-30T11:00:00+01:00' };
    expect(await take(rig.earning, [sale('1', [line(1, 1_000)], old)])).toEqual(['tooOld']);
    expect(await take(rig.earning, [sale('2', [line(1, 1_000)], { ...old, businessDay: '2026-01-31' })])).toEqual(['rated']);
    expect(await take(rig.earning, [sale('3', [line(1, 1_000)], old)], true)).toEqual(['rated']);
    expect(await available()).toBe(20);
  });

  it('given tickets that cannot be ours, then they are refused with a pointer and leave no trace', async () => {
    const refused: readonly [Ticket, string][] = [
      [sale('1', [line(1, 100)], { storeId: 'nowhere' }), '/storeId'],
      [sale('2', [line(1, 100), line(1, 100)]), '/lines/1/line'],
      [sale('3', [line(1, 100_000_000_001)]), '/lines/0/amount'],
      [sale('4', [line(1, 100)], { businessDay: '1969-12-31' }), '/businessDay'],
      [
        { ...sale('5', [line(1, 100)]), original: { storeId: 's1', workstationId: 't1', businessDay: '2026-03-02', sequence: '9' } },
        '/original',
      ],
      [{ ...sale('6', [line(1, 100)]), type: 'void' }, '/original'],
      [correctionOf('void', '7', '7', [{ line: 1, quantity: 1 }]), '/original'],
      [{ ...correctionOf('return', '8', '1', []), lines: [line(1, 0)] }, '/lines/0/originalLine'],
    ];
    const taken = await rig.earning.lines.open(TENANT).offer(refused.map(([ticket]) => ticket), { history: false });
    expect(taken.map((one) => (one.status === 'refused' ? one.faults[0].pointer : one.status))).toEqual(refused.map(([, pointer]) => pointer));
    expect(await rig.dataSource.query('SELECT 1 FROM earning.ticket')).toEqual([]);
    expect(await take(rig.earning, [sale('9', [line(1, 100_000_000_000)])])).toEqual(['rated']);
  });

  it('given a ticket with many faults, then all are told at once, 8 at most, and one of the clock', async () => {
    const faultsOf = async (ticket: Ticket) => {
      const [taken] = await rig.earning.lines.open(TENANT).offer([ticket], { history: false });
      return taken?.status === 'refused' ? taken.faults.map(({ pointer, code }) => `${pointer} ${code}`) : [];
    };
    const times = (n: number) => Array.from({ length: n }, () => line(1, 100));
    const bad = sale('1', [...times(3), line(1, 100_000_000_000)], { currency: 'GBP', occurredAt: '2099-01-01T10:00:00Z' });
    expect(await faultsOf({ ...bad, original: { storeId: 's1', workstationId: 't1', businessDay: '2026-03-02', sequence: '9' } })).toEqual([
      '/currency currencyNotOfStore', '/occurredAt occurredInTheFuture', '/lines/1/line duplicateLineNumber', '/lines/2/line duplicateLineNumber',
      '/lines/3/line duplicateLineNumber', '/lines/3/amount totalTooLarge', '/original saleWithOriginal',
    ]);
    expect(await faultsOf(sale('1', times(9)))).toHaveLength(8);
    expect(await faultsOf(sale('1', times(10)))).toHaveLength(8);
  });

  it('given times that cannot be, then they are refused; a till whose clock is a day ahead, or whose day is closed late, is not', async () => {
    const at = async (occurredAt: string, businessDay: string, sequence = '1') => {
      const [taken] = await rig.earning.lines.open(TENANT).offer([sale(sequence, [line(1, 100)], { occurredAt, businessDay })], { history: true });
      return taken?.status === 'refused' ? taken.faults[0].code : taken?.status;
    };
    expect(await at('1989-12-31T23:59:59Z', '1989-12-31')).toBe('occurredTooEarly');
    expect(await at('2099-01-01T10:00:00Z', '2099-01-01')).toBe('occurredInTheFuture');
    expect(await at('2026-03-03T11:00:01Z', '2026-03-03')).toBe('occurredInTheFuture');
    expect(await at('2026-03-03T11:00:00Z', '2026-03-03', '2')).toBe('rated');
    expect(await at('2026-03-02T10:00:00Z', '2026-02-26')).toBe('dayFarFromTime');
    expect(await at('2026-03-02T10:00:00Z', '2026-03-06')).toBe('dayFarFromTime');
    expect(await at('2026-03-02T10:00:00Z', '2026-02-27', '3')).toBe('rated');
    expect(await at('1990-01-01T00:00:00Z', '1990-01-01', '4')).toBe('rated');
  });

  it('given an identifier with a NUL, then it is no ticket: it must not stop the batch it comes with', () => {
    expect(ticketErrors(sale('1', [line(1, 100)], { identification: { kind: 'member', value: 'a\u0000b' } })))
      .toMatchObject([{ pointer: '/identification/value', message: { es: 'No puede llevar caracteres de control', en: 'Must not hold control characters' } }]);
  });

  it('given two processes that take the same tickets at the same moment, then each ticket is taken once', async () => {
    const tickets = Array.from({ length: 60 }, (_, n) => sale(String(n + 1), [line(1, 100)]));
    const second = rig.restarted();
    const answers = await Promise.all([
      take(rig.earning, tickets), take(second, [...tickets].reverse()), rig.earning.tickets.take(TENANT, tickets[30] as Ticket, 'en'),
    ]);
    const rated = [...answers[0], ...answers[1]].filter((status) => status === 'rated').length + (answers[2].replayed ? 0 : 1);
    expect(rated).toBe(60);
    expect(await available()).toBe(60);
  });

  it('given a process that learnt its marks, when another writes above and below them, then nothing is taken twice', async () => {
    await take(rig.earning, [sale('10', [line(1, 100)])]);
    const second = rig.restarted();
    await take(second, [sale('20', [line(1, 100)]), sale('5', [line(1, 100)]), sale('X7', [line(1, 100)])]);
    expect(await take(rig.earning, ['5', '10', '15', '20', '21', 'X7'].map((name) => sale(name, [line(1, 100)]))))
      .toEqual(['duplicate', 'duplicate', 'rated', 'duplicate', 'rated', 'duplicate']);
    expect(await available()).toBe(6);
  });
});

describe('handing over to the ledger', () => {
  for (const fault of ['throw', 'throwAfter'] as const) {
    it(`given a process that dies (${fault}) between rating and saying posted, when it starts again, then the points are there once`, async () => {
      const dying = rig.restarted(failing(rig.ledger, [fault]));
      await expect(take(dying, [sale('1', [line(1, 1_000)]), sale('2', [line(1, 500)])])).rejects.toThrow('the process died');
      expect((await show('1')).status).toBe('rated');
      for (const worked of [1, 0]) expect(await rig.restarted().sweeper.runOnce({ graceSeconds: 0 })).toBe(worked);
      expect(await available()).toBe(15);
      expect((await show('1')).status).toBe('posted');
    });
  }

  it('given an outcome that is unknown, then the ticket stays rated and is sent again until it is known', async () => {
    const lossy = rig.restarted(failing(rig.ledger, ['unknown', 'unknown']));
    expect(await take(lossy, [sale('1', [line(1, 1_000)])])).toEqual(['rated']);
    expect(await show('1')).toMatchObject({ status: 'rated', reason: 'unknown' });
    await lossy.sweeper.runOnce({ graceSeconds: 0 });
    expect((await show('1')).status).toBe('rated');
    await lossy.sweeper.runOnce({ graceSeconds: 0 });
    expect((await show('1')).status).toBe('posted');
    expect(await available()).toBe(10);
    expect(await lossy.sweeper.runOnce({ graceSeconds: 0 })).toBe(0);
  });

  it('given a till whose wallet fails, then the tills that share its batch are answered, and its own ticket is sent again', async () => {
    const faults: 'throw'[] = ['throw'];
    const earning = rig.restarted(failing(rig.ledger, faults));
    const answers = await Promise.all(['1', '2', '3'].map((name) => earning.tickets.take(TENANT, sale(name, [line(1, 100)]), 'en')));
    expect(answers.map(({ answer }) => answer.status)).toEqual(['rated', 'posted', 'posted']);
    await earning.sweeper.runOnce({ graceSeconds: 0 });
    expect((await show('1')).status).toBe('posted');
    expect(await available()).toBe(3);
  });

  it('given a wallet that refuses for good, then the ticket is kept with the reason and not sent again', async () => {
    const closed: PointsLedger = {
      ...rig.ledger,
      handleMany: async (commands) => commands.map(() => ({
        status: 'refused', refusal: { code: 'walletClosed' }, revision: 1,
        balance: { available: 0, pending: 0, held: 0, debt: 0, feeDue: 0, expiring: [] },
      })),
    };
    const earning = rig.restarted(closed);
    await take(earning, [sale('1', [line(1, 1_000)])]);
    expect(await show('1')).toMatchObject({ status: 'rated', reason: 'walletClosed' });
    expect(await earning.sweeper.runOnce({ graceSeconds: 0 })).toBe(0);
  });
});
