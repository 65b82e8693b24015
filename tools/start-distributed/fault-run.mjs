// One import of the sample by separate processes, undisturbed or not, and what it ends with. Used by
// faults.mjs and by the stack test.
import { createReadStream } from 'node:fs';
import { startDistributed } from './platform.mjs';
import { openOperations } from './standalone-parts.mjs';

/** Longest wait for an import, however often it was disturbed, in milliseconds. */
const IMPORT_MS_MAX = 5 * 60_000;
/** Pause between looks at the import, in milliseconds. */
const LOOK_EVERY_MS = 100;
/**
 * What answers for a moment after a service was killed is no answer: the request is sent again, as a till
 * would.
 */
const PATIENCE_MS = 60_000;

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** A client that repeats what a fault swallowed. Every request it makes may be made twice. */
export function patientClient(url, key) {
  return async (method, path, { body, headers = {} } = {}) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await attempt({ url: `${url}${path}`, method, key, body, headers });
      if (answer.ok) return answer.status === 204 ? undefined : answer.json();
      const said = `${method} ${path} answered ${answer.status}: ${await answer.text()}`;
      if (answer.status < 500 && answer.status !== 409) throw new Error(said);
      if (performance.now() > deadline) throw new Error(`for ${PATIENCE_MS} ms ${said}`);
      await pause(LOOK_EVERY_MS);
    }
  };
}

const attempt = ({ url, method, key, body, headers }) => {
  const content = typeof body === 'function' ? {
    body: body(), duplex: 'half',
  } : body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined || headers['content-type'] ? {} : { 'content-type': 'application/json' };
  return fetch(
    url, { method, headers: { authorization: `Bearer ${key}`, ...type, ...headers }, ...content }
  ).catch(() => ({ ok: false, status: 599, text: () => 'no answer' }));
};

/**
 * Starts the platform on a folder, imports the sample, lets `disturb` do its worst meanwhile, verifies,
 * stops.
 * @param {{ folder: string, bus: 'auto' | 'postgres' | 'kafka', sample: string, key?: string, say?: (line: string) => void,
 *   disturb?: (platform: any, over: AbortSignal) => Promise<void>, prepare?: (ask: any) => Promise<void> }}
 * options
 */
export async function importUnder({ folder, bus, sample, key, say = () => undefined, disturb, prepare }) {
  let reason;
  // A sandbox whose clock stands at the real time: it can be asked whether anything is still under way.
  const platform = await startDistributed({
    folder, port: 0, bus, restartsMax: Infinity, gaveUp: (why) => { reason = why; }, say, clockFrom: Date.now(),
  });
  const over = new AbortController();
  try {
    const adminKey = platform.adminKey ?? key;
    const ask = patientClient(platform.url, adminKey);
    await prepare?.(ask);
    const began = performance.now();
    const { importId } = await ask('POST', '/v1/imports?format=onlineRetail&history=true', {
      body: () => createReadStream(sample), headers: { 'content-type': 'application/gzip' },
    });
    const disturbing = disturb?.(platform, over.signal);
    const job = await finished(ask, importId);
    over.abort();
    await disturbing;
    // What had no answer when its store went away is posted by the sweeper, after the import has ended.
    await ask('POST', '/v1/test-clock/settle', { body: {} });
    const seconds = (performance.now() - began) / 1000;
    const verified = await verify(platform);
    if (reason) throw new Error(reason);
    return { adminKey, job, seconds, verified, bus: platform.bus, url: platform.url };
  } finally {
    over.abort();
    const unclean = await platform.stop();
    if (unclean.length > 0) say(`did not stop in order: ${unclean.join(', ')}`);
  }
}

async function finished(ask, importId) {
  const deadline = performance.now() + IMPORT_MS_MAX;
  for (;;) {
    const job = await ask('GET', `/v1/imports/${importId}`);
    if (job.state === 'done') return job;
    if (job.state === 'failed') throw new Error(`the import failed: ${JSON.stringify(job.failure)}`);
    if (performance.now() > deadline) {
      throw new Error(`the import is not done after ${IMPORT_MS_MAX} ms: ${JSON.stringify(job)}`);
    }
    await pause(LOOK_EVERY_MS);
  }
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
