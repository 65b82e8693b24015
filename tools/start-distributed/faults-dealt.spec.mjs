import { describe, expect, it } from '@jest/globals';
import { CRASH_POINTS, parseCrashPlan } from '@trebol/chassis';
import { disordered, ticketsOf } from './fault-load.mjs';
import { CRASHES, crashPlans, faultsOf, victimsOf } from './faults-dealt.mjs';
import { summary } from './recovery.mjs';
import { SERVICES } from './routes.mjs';
import { seeded } from './seeded.mjs';

const away = { kill: () => undefined, restart: () => undefined };
const platform = { services: new Map(), postgres: away, broker: away, eventStore: away };
const faults = (seed, count, on = platform) => {
  const random = seeded(seed);
  const all = faultsOf({ platform: on, plans: crashPlans(random), random });
  return Array.from({ length: count }, () => all.next().value.victim);
};

describe('faults that are dealt', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('given the seed %i, then each victim is struck once before any is struck twice', (seed) => {
    const victims = victimsOf(platform);
    expect(victims).toHaveLength(SERVICES.length + 4);
    const dealt = faults(seed, 2 * victims.length);
    const [first, second] = [dealt.slice(0, victims.length), dealt.slice(victims.length)];
    expect([new Set(first), new Set(second)]).toEqual([new Set(victims), new Set(victims)]);
    expect(faults(seed, victims.length)).toEqual(first);
  });

  it('given a bus and an event store in PostgreSQL, then nobody takes them away', () => {
    const alone = { ...platform, broker: {}, eventStore: {} };
    expect(new Set(faults(1, 7, alone))).toEqual(new Set(victimsOf(alone)));
    expect(victimsOf(alone)).toHaveLength(SERVICES.length + 2);
  });

  it('given the crash points of the services, then each is one, and each is asked of somebody', () => {
    expect(Object.keys(CRASHES)).toEqual(SERVICES);
    expect(new Set(Object.values(CRASHES).flat())).toEqual(new Set(CRASH_POINTS));
    const plans = crashPlans(seeded(1));
    for (const service of SERVICES) {
      expect(parseCrashPlan(plans.next(service))).toEqual({ point: plans.of(service), occurrence: 1, armed: true });
    }
  });
});

describe('tickets in disorder', () => {
  const tickets = ticketsOf({ round: 1, cards: ['1', '2', '3'], day: '2026-02-10' });

  it('given a seed, then every ticket is sent, some twice, some returns before their sale, the same way each time', () => {
    const sent = disordered(tickets, seeded(1));
    const keyOf = ({ sequence, type }) => `${sequence} ${type}`;
    expect(new Set(sent.map(({ ticket }) => keyOf(ticket)))).toEqual(new Set(tickets.map(keyOf)));
    const twice = sent.length - tickets.length;
    expect(twice).toBe(sent.filter(({ copy }) => copy === 1).length);
    expect(twice).toBeGreaterThan(0);
    expect(twice / tickets.length).toBeLessThan(0.06);
    const places = new Map(sent.map(({ ticket }, index) => [ticket.sequence, index]));
    const early = tickets.filter(({ type, original, sequence }) => type === 'return' && places.get(sequence) < places.get(original.sequence));
    expect(early.length).toBeGreaterThan(5);
    expect(disordered(tickets, seeded(1))).toEqual(sent);
    expect(disordered(tickets, seeded(2))).not.toEqual(sent);
  });
});

describe('recovery figures', () => {
  it.each([[[], null], [[3], { median: 3, max: 3, of: 1 }], [[9, 1, 4], { median: 4, max: 9, of: 3 }]])('given %j, then %j', (values, told) => {
    expect(summary(values)).toEqual(told);
  });
});
