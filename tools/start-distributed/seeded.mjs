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

/** A number of those, from 0 to below `end`, whole. */
export const below = (random, end) => Math.floor(random() * end);

/** The items in another order, each order as likely as any other (Fisher and Yates). */
export function shuffled(items, random) {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = below(random, last + 1);
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

/** Deals items from a shuffled deck for ever: each once before any twice. */
export function* dealt(items, random) {
  for (;;) yield* shuffled(items, random);
}

export const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
