/** Longest wait for a condition, in milliseconds: a loaded CI machine needs a few seconds at worst. */
const WAIT_MS_MAX = 20_000;
const POLL_MS = 10;

/** Polls `check` until it gives something other than undefined or false, and returns that; fails with `label` after 20 s, or `milliseconds`. */
export async function eventually<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false, label = 'condition', milliseconds = WAIT_MS_MAX,
): Promise<T> {
  const began = performance.now();
  let last: unknown;
  while (performance.now() - began < milliseconds) {
    try {
      const found = await check();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => { setTimeout(done, POLL_MS); });
  }
  throw new Error(`waited ${milliseconds} ms for: ${label}`, { cause: last });
}
