// The faults of a run: victims from a shuffled deck, so that each is struck once before any is struck twice.
import { SERVICES } from './routes.mjs';
import { below, dealt, pause } from './seeded.mjs';

/** How long a store or the broker stays away, in milliseconds. */
const AWAY_MS = { min: 200, max: 2_500 };
/** How long a second replica takes part before it is gone again, in milliseconds. */
const REPLICA_MS_MAX = 2_000;
/** A process that has not reached its crash point by then is killed where it is. */
const CRASH_MS_MAX = 3_000;

/** Where a process of each service can die with the most left behind (`crash-points.ts`): what it never reaches is not asked for. */
export const CRASHES = {
  enrollment: ['after-commit', 'mid-publish', 'after-publish'],
  earning: ['after-rate', 'mid-append', 'after-append', 'mid-copy', 'after-commit', 'mid-publish', 'after-publish', 'before-offset'],
  redemption: ['mid-append', 'after-append', 'after-commit'],
  ledger: ['mid-copy', 'after-commit', 'mid-publish', 'after-publish'],
  segmentation: ['before-offset', 'after-commit'],
};

/**
 * Where each process will die if it is told to: a point for each start of a service, waiting for its signal.
 * @param {() => number} random
 */
export function crashPlans(random) {
  const decks = new Map(SERVICES.map((service) => [service, dealt(CRASHES[service], random)]));
  const current = new Map();
  return {
    next: (service) => {
      const { value } = decks.get(service).next();
      current.set(service, value);
      return `${value}:1@SIGUSR2`;
    },
    of: (service) => current.get(service),
  };
}

/**
 * Faults for ever. Each is struck by `strike` and is over, what was away being back, when that resolves; `what` says afterwards what it was.
 * @param {{ platform: any, plans: ReturnType<typeof crashPlans>, random: () => number }} run
 */
export function* faultsOf({ platform, plans, random }) {
  const between = ({ min, max }) => min + below(random, max - min);
  const awayFor = (part) => async () => {
    await part.kill();
    await pause(between(AWAY_MS));
    await part.restart();
  };
  const victims = [
    ...SERVICES.map((service) => ({ victim: service, strikes: [killed(platform, service), crashed(platform, service, plans)] })),
    { victim: 'PostgreSQL', strikes: [named('PostgreSQL away', awayFor(platform.postgres))] },
    ...(platform.broker.restart ? [{ victim: 'broker', strikes: [named('broker away', awayFor(platform.broker))] }] : []),
    ...(platform.eventStore.restart ? [{ victim: 'event store', strikes: [named('event store away', awayFor(platform.eventStore))] }] : []),
    { victim: 'consumer group', strikes: [named('second earning, joined and gone', rebalanced(platform, random))] },
  ];
  for (const { victim, strikes } of dealt(victims, random)) {
    const { what, strike } = strikes[below(random, strikes.length)];
    yield { victim, what, strike };
  }
}

/** Victims of a platform, each of which a deck holds once. */
export const victimsOf = ({ broker, eventStore }) => [
  ...SERVICES, 'PostgreSQL', ...(broker.restart ? ['broker'] : []), ...(eventStore.restart ? ['event store'] : []), 'consumer group',
];

const named = (what, strike) => ({ what: () => what, strike });

const killed = (platform, service) => named(`SIGKILL ${service}`, async () => platform.services.get(service).kill('SIGKILL'));

/** The process dies at its point, or, when it does not come there, where it is. */
function crashed(platform, service, plans) {
  let at = '';
  return {
    what: () => `${service} ${at}`,
    strike: async () => {
      const { pid } = platform.services.get(service);
      const point = plans.of(service);
      platform.services.get(service).kill('SIGUSR2');
      const deadline = performance.now() + CRASH_MS_MAX;
      const lives = () => platform.services.get(service).pid === pid && platform.services.get(service).url !== undefined;
      while (lives() && performance.now() < deadline) await pause(10);
      at = lives() ? `killed, ${point} not reached` : `died ${point}`;
      if (lives()) platform.services.get(service).kill('SIGKILL');
    },
  };
}

/** A second replica joins the consumer groups in the middle of their batches and leaves, in order or not. */
const rebalanced = (platform, random) => async () => {
  const replica = await platform.startReplica('earning');
  await pause(below(random, REPLICA_MS_MAX));
  if (random() < 0.5) replica.kill('SIGKILL');
  await replica.stop();
};
