import { Temporal } from 'temporal-polyfill';

/** Offsets are looked up by stretches of 2^35 ms, a little over a year: at most a handful of changes each. */
const STRETCH_MS = 2 ** 35;

/** Stretches remembered for each zone (some 550 years); beyond that the table is emptied and fills again. */
const STRETCHES_MAX = 512;

/** A time in which the zone's offset does not change: from (included) to (excluded), epoch milliseconds. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetMs: number;
}

function readStretches(zone: string, fromMs: number, toMs: number): Stretch[] {
  const stretches: Stretch[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone);
  while (at.epochMilliseconds < toMs) {
    const next = at.getTimeZoneTransition('next');
    const endMs = Math.min(next?.epochMilliseconds ?? toMs, toMs);
    stretches.push({ fromMs: at.epochMilliseconds, toMs: endMs, offsetMs: at.offsetNanoseconds / 1_000_000 });
    if (next === null) break;
    at = next;
  }
  return stretches;
}

/**
 * UTC offset of a zone at an instant, both in milliseconds. The zone data are the runtime's, read through Temporal once per
 * stretch; after that a call is a comparison or two.
 */
export function offsetsOf(zone: string): (instantMs: number) => number {
  const byIndex = new Map<number, readonly Stretch[]>();
  let last: Stretch = { fromMs: 0, toMs: 0, offsetMs: 0 };

  return (instantMs) => {
    if (instantMs >= last.fromMs && instantMs < last.toMs) return last.offsetMs;
    const index = Math.floor(instantMs / STRETCH_MS);
    let stretches = byIndex.get(index);
    if (stretches === undefined) {
      if (byIndex.size >= STRETCHES_MAX) byIndex.clear();
      stretches = readStretches(zone, index * STRETCH_MS, (index + 1) * STRETCH_MS);
      byIndex.set(index, stretches);
    }
    const found = stretches.find((stretch) => instantMs >= stretch.fromMs && instantMs < stretch.toMs);
    if (found === undefined) throw new RangeError(`not an instant: ${instantMs}`);
    last = found;
    return found.offsetMs;
  };
}

/** Refuses (RangeError) what is not a zone of the IANA database known to this runtime; plain offsets such as `+02:00` are none. */
export function assertZone(zone: string): void {
  if (!/^[A-Za-z]/.test(zone)) throw new RangeError(`not an IANA time zone: ${JSON.stringify(zone)}`);
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
  } catch (error) {
    throw new RangeError(`not an IANA time zone: ${JSON.stringify(zone)}`, { cause: error });
  }
}
