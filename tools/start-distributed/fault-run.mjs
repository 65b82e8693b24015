// One run of the load by separate processes, undisturbed or not, and what it ends with. Used by faults.mjs.
import { disordered, importPart, ticketsOf, visitTill } from './fault-load.mjs';
import { factsOf } from './facts-of.mjs';
import { crashPlans, faultsOf } from './faults-dealt.mjs';
import { patientClient } from './patient-client.mjs';
import { startDistributed } from './platform.mjs';
import { openPublisher } from './publisher.mjs';
import { untilNoLag, untilReady } from './recovery.mjs';
import { below, pause, seeded } from './seeded.mjs';
import { openOperations } from './standalone-parts.mjs';

/** Longest time from the beginning of a round to its fault, in milliseconds: its load is under way then. */
const STRIKE_MS_MAX = 700;

/**
 * @typedef {object} Run
 * @property {string} folder
 * @property {'auto' | 'postgres' | 'kafka'} bus
 * @property {string} [eventStoreUrl] `rig`, an address, or PostgreSQL's
 * @property {string} [key] the admin key of a folder that was used before
 * @property {(line: string) => void} [say]
 * @property {{ parts: string[], cards: string[], day: string, till: { memberId: string, card: string, name: string }[] }} [load]
 * @property {number} [seed] of the faults, and of the disorder on the bus; undefined: undisturbed
 */

/**
 * Starts the platform on a folder, gives `work` what it needs, verifies, stops, and answers what was found.
 * @param {Run} run
 * @param {(platform: any, ask: any) => Promise<any>} work
 */
export async function withPlatform(run, work) {
  const { folder, bus, eventStoreUrl, say = () => undefined, key, crashAt } = run;
  let reason;
  // A sandbox whose clock stands at the real time: it can be asked whether anything is still under way.
  const platform = await startDistributed({
    folder, port: 0, bus, eventStoreUrl, crashAt, restartsMax: Infinity, gaveUp: (why) => { reason = why; }, say, clockFrom: Date.now(),
  });
  let ended;
  try {
    const adminKey = platform.adminKey ?? key;
    const ask = patientClient(platform.url, adminKey);
    const began = performance.now();
    const done = await work(platform, ask);
    // What had no answer when its store went away is posted by the sweeper, after the load has ended.
    await ask('POST', '/v1/test-clock/settle', { body: {} });
    const seconds = (performance.now() - began) / 1_000;
    if (reason) throw new Error(reason);
    ended = { adminKey, done, seconds, verified: await verify(platform), bus: platform.bus };
  } finally {
    const unclean = await platform.stop();
    if (unclean.length > 0) say(`did not stop in order: ${unclean.join(', ')}`);
  }
  return { ...ended, facts: await factsOf(folder) };
}

/** The load, round by round; with a seed a fault in each of them, and disorder on the bus. Answers the faults with their recovery. */
export async function loadUnder(run) {
  const random = run.seed === undefined ? undefined : seeded(run.seed);
  const plans = random && crashPlans(random);
  return withPlatform({ ...run, ...(plans ? { crashAt: plans.next } : {}) }, async (platform, ask) => {
    const publisher = await openPublisher(platform.busUrl);
    const faults = random && faultsOf({ platform, plans, random });
    const struck = [];
    try {
      for (const round of run.load.parts.keys()) {
        const working = workOf({ run, round, ask, publisher, random });
        if (faults) struck.push(await recovered(platform, { fault: faults.next().value, random, working }));
        await working;
        if (run.verbose && faults) run.say?.(`${new Date().toISOString()} ${JSON.stringify(struck.at(-1))}`);
      }
      await untilNoLag(platform);
    } finally {
      await publisher.close();
    }
    return struck;
  });
}

/** All of a round at once. */
async function workOf({ run: { load }, round, ask, publisher, random }) {
  const { parts, cards, day, till } = load;
  const tickets = ticketsOf({ round, cards, day });
  const sent = random ? disordered(tickets, random) : tickets.map((ticket) => ({ ticket, copy: 0 }));
  await Promise.all([
    importPart(ask, parts[round]), publisher.publish(sent),
    ...till.filter((_, index) => index % parts.length === round).map((member) => visitTill(ask, { ...member, day })),
  ]);
}

/** Strikes while the round is at work, and measures from the strike on: until ready, and until nothing waits any more. */
async function recovered(platform, { fault: { victim, what, strike }, random, working }) {
  await pause(below(random, STRIKE_MS_MAX));
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);
  await Promise.all([strike(), pause(20)]);
  await untilReady(platform);
  const readyMs = since();
  await working;
  await untilNoLag(platform);
  return { victim, what: what(), readyMs, noLagMs: since() };
}

async function verify({ databaseUrl, eventStoreUrl, folder }) {
  const operations = await openOperations({
    databaseUrl, busUrl: undefined, eventStoreUrl, dataFolder: folder,
  });
  try {
    return await operations.verify();
  } finally {
    await operations.close();
  }
}
