// Steps of the platform at which its process dies, and where in them. Each is done again, with the same keys, until it is accepted; how often
// it was tried changes nothing of what it leaves.
import { importPart } from './fault-load.mjs';
import { below, dealt } from './seeded.mjs';

/** Points that a member of a step begins with: fewer than need a second person. */
const POINTS = 900;
/** Time from one turn of the year to the next look at it: points lapse, books close. */
const YEAR_MS = 366 * 86_400_000;

const WALLET = ['mid-append', 'after-append', 'after-commit'];
/** All of them: an import comes to each. */
export const CRASHED = ['after-rate', 'mid-append', 'mid-copy', 'after-append', 'after-commit', 'mid-publish', 'after-publish', 'before-offset'];

const keyed = (key, body) => ({ body, headers: { 'idempotency-key': key } });
const settled = (ask) => ask('POST', '/v1/test-clock/settle', { body: {} });

/** A member of its own, with points or without. */
async function member(ask, name, points = POINTS) {
  const { memberId } = await ask('POST', '/v1/members', keyed(name, { externalId: name, identifiers: [{ kind: 'card', value: cardOf(name) }] }));
  await settled(ask);
  if (points > 0) await ask('POST', '/v1/adjustments', keyed(`${name}-welcome`, { memberId, points, reasonCode: 'welcome' }));
  return memberId;
}

/** Digits, as a card has them, that no other name gives. */
const cardOf = (name) => `7${[...name].map((letter) => String(letter.charCodeAt(0)).padStart(3, '0')).join('')}`.slice(-40);

/**
 * What dies: `points` where; `prepare` what comes before, undisturbed; `work` the step itself.
 * @type {Record<string, { points: string[], prepare: (ask: any, at: any) => Promise<any>, work: (ask: any, at: any) => Promise<unknown> }>}
 */
export const STEPS = {
  import: { points: CRASHED, prepare: async () => ({}), work: (ask, { part }) => importPart(ask, part) },
  redeem: {
    points: WALLET, prepare: async (ask, { name }) => ({ memberId: await member(ask, name) }),
    work: (ask, { memberId, name }) => ask('POST', '/v1/redemptions', keyed(`${name}-redeem`, { memberId, points: 100 })),
  },
  capture: {
    points: WALLET, prepare: async (ask, { name }) => ({ memberId: await member(ask, name) }),
    work: async (ask, { memberId, name }) => {
      const { holdId } = await ask('POST', '/v1/holds', keyed(`${name}-hold`, { memberId, points: 100 }));
      await ask('POST', `/v1/holds/${holdId}/capture`, keyed(`${name}-capture`, { points: 60 }));
    },
  },
  transfer: {
    points: WALLET,
    prepare: async (ask, { name }) => ({ from: await member(ask, `${name}-from`), to: await member(ask, `${name}-to`, 0) }),
    work: async (ask, { from, to, name }) => {
      const { transferId } = await ask('POST', '/v1/transfers', keyed(`${name}-send`, { from, to, points: 100 }));
      await ask('POST', `/v1/transfers/${transferId}/accept`, keyed(`${name}-accept`, undefined));
    },
  },
  merge: {
    points: [...WALLET, 'mid-publish', 'before-offset'],
    prepare: async (ask, { name }) => ({ from: await member(ask, `${name}-from`), into: await member(ask, `${name}-into`) }),
    work: (ask, { from, into, name }) => ask('POST', `/v1/members/${from}/merge`, keyed(`${name}-merge`, { into })),
  },
  // The books of the year are closed, and what has lapsed is booked.
  year: {
    points: [...WALLET, 'mid-publish'],
    prepare: async (ask, { name }) => ({ memberId: await member(ask, name) }),
    work: (ask, { now }) => ask('POST', '/v1/test-clock/advance', { body: { to: new Date(now + YEAR_MS).toISOString() }, done: 'clockGoesBack' }),
  },
};

/** The instant after a step that began at `now`. */
export const timeAfter = (step, now) => (step === 'year' ? now + YEAR_MS : now);

/** How often at least a step comes to a point, where that is more than once. */
const TIMES = { import: { 'after-commit': 3 }, capture: { 'mid-append': 2, 'after-append': 2 }, transfer: { 'mid-append': 2, 'after-append': 2 }, merge: { 'mid-append': 2, 'after-append': 2 } };

const stepsOf = (point) => Object.keys(STEPS).filter((step) => STEPS[step].points.includes(point));

/** Every point so often, in the steps that come to it, each step once before any twice. */
const wholeOf = ({ runs, random }) => CRASHED.flatMap((point) => {
  const steps = dealt(stepsOf(point), random);
  return Array.from({ length: runs }, () => {
    const { value: step } = steps.next();
    return { step, point, occurrence: 1 + below(random, TIMES[step]?.[point] ?? 1) };
  });
});

/** Every point of an import, and one of each other step. */
const shortOf = ({ random }) => Object.entries(STEPS).flatMap(([step, { points }]) => (
  step === 'import' ? points : [points[below(random, points.length)]]
).map((point) => ({ step, point, occurrence: 1 })));

/**
 * What a sequence consists of. Years come last: they let lapse what the others have earned.
 * @param {{ runs: number, short: boolean, random: () => number }} wanted
 */
export function casesOf(wanted) {
  const cases = wanted.short ? shortOf(wanted) : wholeOf(wanted);
  const ordered = [...cases.filter(({ step }) => step !== 'year'), ...cases.filter(({ step }) => step === 'year')];
  return ordered.map((one, index) => ({ ...one, name: `case-${index}` }));
}
