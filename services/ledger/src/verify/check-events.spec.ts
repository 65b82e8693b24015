import { beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryEventStore, type RecordedEvent } from '@trebol/event-store';
import { applyRecorded, createPointsLedger, emptyWallet, lotIdOf, type Wallet, walletStream } from '@trebol/points';
import { fixedClock } from '@trebol/testing';
import { movementOf } from '../movements.ts';
import type { Held } from '../wallet-folds.ts';
import { EventChecks, LOOKED_AT_EACH_MAX } from './check-events.ts';

const ANA = { tenant: 'main', programme: 'club', pointType: 'points', member: 'mbr_ana' };
const EARNINGS = LOOKED_AT_EACH_MAX / 2 + 1;
let events: RecordedEvent[];

/** Each earning with points is a lot and a remembered effect; one without points only an effect. */
beforeAll(async () => {
  const clock = fixedClock('2026-02-10T10:00:00Z');
  const store = new MemoryEventStore();
  const calendar = { dayOf: () => '2026-02-10', addDays: (day: string) => day, addMonths: (day: string) => day, endOfDay: () => 0 };
  const ledger = createPointsLedger({ store, clock, cacheMax: 1, policyOf: () => ({ reversal: 'unlimited', calendar }) as never });
  for (let n = 0; n < EARNINGS; n += 1) {
    const source = { kind: 'ticket', key: `t${n}` };
    const lot = { lotId: lotIdOf(source, 0), points: 10, availableFrom: clock.now(), expiresAt: null, validThrough: null };
    await ledger.handle(ANA, {
      type: 'EarnPoints', commandId: source.key, occurredAt: clock.now(), source, contentHash: 'h', explanation: '[]',
      lots: n === EARNINGS - 1 ? [] : [lot],
    });
  }
  events = await Array.fromAsync(store.readStream(walletStream(ANA)));
});

/** The wallet before and after the event at a place. */
function at(place: number): { readonly event: RecordedEvent; readonly before: Wallet; readonly held: Held } {
  const before = events.slice(0, place).reduce(applyRecorded, emptyWallet());
  const event = events[place];
  if (event === undefined) throw new Error(`no event at ${place}`);
  const state = applyRecorded(before, event);
  const held = { stream: event.stream, id: ANA, state, revision: state.revision, position: null, recordedAt: event.recordedAt, used: true };
  return { event, before, held };
}

const check = (checks: EventChecks, { event, before, held }: ReturnType<typeof at>, as = event) =>
  checks.each(as, held, { before, movement: movementOf(event, held) });
/** More of a lot forgiven than had expired. */
const broken = (state: Wallet): Wallet => ({ ...state, lots: state.lots.map((lot) => ({ ...lot, forgiven: 1 })) });
const whole = ({ lots, seen, spendings }: Wallet): number => lots.length + seen.length + spendings.length;

describe('proving each event', () => {
  it('given events as the ledger wrote them, then nothing is wrong', () => {
    const checks = new EventChecks();
    events.forEach((_, place) => { check(checks, at(place)); });
    checks.batch();
    expect(events).toHaveLength(EARNINGS + 1);
  });

  it('given an event with other content than its id was made of, then it is named', () => {
    const one = at(3);
    for (const changed of [{ data: `${one.event.data} ` }, { type: 'PointsAdjusted' }, { recordedAt: one.event.recordedAt + 1 }]) {
      expect(() => { check(new EventChecks(), one, { ...one.event, ...changed }); }).toThrow(/mbr_ana revision 4: its id is/);
    }
  });

  it('given a wallet whose totals moved by something else than is told, then the event is named', () => {
    const one = at(3);
    one.held.state = { ...one.held.state, debt: 1 };
    expect(() => { check(new EventChecks(), one); }).toThrow('it says that 10 points moved, the wallet\'s totals moved by 9');
  });

  it('given a wallet at the limit, then what is wrong with it is found at its event; one past it, then at the end of the batch', () => {
    const [atLimit, past] = [at(EARNINGS - 1), at(EARNINGS)];
    expect([whole(atLimit.held.state), whole(past.held.state)]).toEqual([LOOKED_AT_EACH_MAX, LOOKED_AT_EACH_MAX + 1]);
    atLimit.held.state = broken(atLimit.held.state);
    expect(() => { check(new EventChecks(), atLimit); }).toThrow('more forgiven than expired');
    past.held.state = broken(past.held.state);
    const checks = new EventChecks();
    check(checks, past);
    expect(() => { checks.batch(); }).toThrow('more forgiven than expired');
    const again = new EventChecks();
    again.batch();
  });
});
