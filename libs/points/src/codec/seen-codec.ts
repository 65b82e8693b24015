import { CHECK_DIGITS } from '../content.ts';
import { FINGERPRINT_DIGITS, type Fingerprint } from '../identity.ts';
import type { PackedSeen, SeenEffect, SeenList } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const FINGERPRINT_BYTES = FINGERPRINT_DIGITS / 2;
const CHECK_BYTES = CHECK_DIGITS / 2;

/** Effects that follow each other without a gap, as their revisions mostly do: revisions between them and the ones before, and how many. */
interface Run { readonly gap: number; readonly length: number }
const NO_RUN: Run = { gap: 0, length: 0 };

/**
 * Effects as three blocks, so that a fingerprint is found by one native search and an award only adds to their ends: all fingerprints
 * (8 bytes each), all contents (2 bytes each), and the revisions as runs. The last run, which the next effect may make longer, is apart.
 */
export class SeenBytes implements PackedSeen {
  readonly count: number;
  /** Revision of the last effect. */
  readonly last: number;
  readonly run: Run;
  readonly fingerprints: Buffer;
  readonly contents: Buffer;
  readonly runs: Buffer;
  private effects: readonly SeenEffect[] | undefined;

  constructor(from: ByteReader) {
    this.count = from.unsigned();
    this.last = from.unsigned();
    this.run = { gap: from.unsigned(), length: from.unsigned() };
    const sizeOfRuns = from.unsigned();
    this.fingerprints = from.block(this.count * FINGERPRINT_BYTES);
    this.contents = from.block(this.count * CHECK_BYTES);
    this.runs = from.block(sizeOfRuns);
  }

  find(fingerprint: Fingerprint, strangers?: ReadonlySet<number>): SeenEffect | undefined {
    const wanted = Buffer.from(fingerprint, 'hex');
    for (let at = this.fingerprints.indexOf(wanted); at >= 0; at = this.fingerprints.indexOf(wanted, at + 1)) {
      const effect = at % FINGERPRINT_BYTES === 0 ? this.unpack()[at / FINGERPRINT_BYTES] : undefined;
      if (effect !== undefined && strangers?.has(effect.revision) !== true) return effect;
    }
    return undefined;
  }

  /** True when no fingerprint begins with these hexadecimal digits. */
  noneBeginsWith(digits: string): boolean {
    const wanted = Buffer.from(digits, 'hex');
    for (let at = this.fingerprints.indexOf(wanted); at >= 0; at = this.fingerprints.indexOf(wanted, at + 1)) {
      if (at % FINGERPRINT_BYTES === 0) return false;
    }
    return true;
  }

  unpack(): readonly SeenEffect[] {
    this.effects ??= this.read();
    return this.effects;
  }

  private read(): SeenEffect[] {
    const fingerprints = this.fingerprints.toString('hex');
    const contents = this.contents.toString('hex');
    const effects: SeenEffect[] = [];
    for (const revision of this.revisions()) {
      const [place, check] = [effects.length * FINGERPRINT_DIGITS, effects.length * CHECK_DIGITS];
      effects.push({
        fingerprint: fingerprints.slice(place, place + FINGERPRINT_DIGITS), content: contents.slice(check, check + CHECK_DIGITS), revision,
      });
    }
    return effects;
  }

  private *revisions(): Generator<number> {
    const runs = new ByteReader(this.runs);
    let revision = 0;
    for (let left = this.count; left > 0;) {
      const { gap, length } = left > this.run.length ? { gap: runs.unsigned(), length: runs.unsigned() } : this.run;
      if (length === 0 || length > left) throw new RangeError(`The snapshot has a run of ${length} effects where ${left} are left`);
      revision += gap;
      for (let n = 0; n < length; n += 1) yield ++revision;
      left -= length;
    }
    runs.end();
  }
}

const NOTHING = new Uint8Array();
const NOTHING_SEEN = { last: 0, run: NO_RUN, fingerprints: NOTHING, contents: NOTHING, runs: NOTHING } as const;
const runsWriter = new ByteWriter();

/** What `SeenBytes` reads; the same bytes whether the list came from a snapshot or not. */
export function writeSeen(out: ByteWriter, seen: SeenList): void {
  const packed = seen.packed instanceof SeenBytes ? seen.packed : NOTHING_SEEN;
  const added = packed === NOTHING_SEEN ? seen.slice() : seen.added ?? [];
  const runs = runsWriter.emptied();
  let { last, run } = packed;
  for (const { revision } of added) {
    run = continued(run, revision - last - 1, runs);
    last = revision;
  }
  out.unsigned(seen.length);
  out.unsigned(last);
  out.unsigned(run.gap);
  out.unsigned(run.length);
  out.unsigned(packed.runs.length + runs.size);
  out.block(packed.fingerprints);
  out.hex(added.map((effect) => effect.fingerprint).join(''));
  out.block(packed.contents);
  out.hex(added.map((effect) => effect.content).join(''));
  out.block(packed.runs);
  runs.copyTo(out);
}

/** One more effect, so many revisions behind the last: the run is longer by it, or it is written and another begins. */
function continued(run: Run, gap: number, runs: ByteWriter): Run {
  if (run.length > 0 && gap === 0) return { gap: run.gap, length: run.length + 1 };
  if (run.length > 0) {
    runs.unsigned(run.gap);
    runs.unsigned(run.length);
  }
  return { gap, length: 1 };
}
