import { pause } from './seeded.mjs';

/** Pause between looks, in milliseconds: how exact the figures are. */
const LOOK_EVERY_MS = 50;
/** A platform that is not back by then stays away. */
const BACK_MS_MAX = 120_000;

const LAG = /^trebol_(?:bus_lag_messages|projection_lag_events)(?:\{[^}]*\})? (\S+)$/gm;

/** Whether every service is there and ready, as the gateway says. */
const ready = async ({ url }) => (await fetch(`${url}/readyz`).catch(() => ({ status: 599 }))).status === 200;

/** Messages and events that wait, over all services; undefined while one of them does not say. */
async function lag({ services }) {
  const pages = await Promise.all([...services.values()].map(async ({ url }) => {
    if (url === undefined) return undefined;
    const answer = await fetch(`${url}/metrics`).catch(() => ({ ok: false }));
    return answer.ok ? answer.text() : undefined;
  }));
  if (pages.includes(undefined)) return undefined;
  const values = pages.flatMap((page) => [...page.matchAll(LAG)].map(([, value]) => Number(value)));
  return values.some((value) => Number.isNaN(value)) ? undefined : values.reduce((sum, value) => sum + value, 0);
}

async function until(label, holds) {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > BACK_MS_MAX) throw new Error(`${label} not within ${BACK_MS_MAX} ms`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Resolves when every service answers that it is ready. */
export const untilReady = (platform) => until('/readyz 200', () => ready(platform));

/** Resolves when nothing waits on the bus or in the log. */
export const untilNoLag = (platform) => until('lag 0', async () => await lag(platform) === 0);

/** Median and largest of some milliseconds; null without any. */
export function summary(values) {
  if (values.length === 0) return null;
  const sorted = values.toSorted((left, right) => left - right);
  return { median: Math.round(sorted[Math.floor(sorted.length / 2)]), max: Math.round(sorted.at(-1)), of: sorted.length };
}
