import { FINGERPRINT_DIGITS, type Fingerprint } from '../identity.ts';
import type { PackedSeen, SeenEffect, SeenList } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const FINGERPRINT_BYTES = FINGERPRINT_DIGITS / 2;

/**
 * Effects as three blocks, so that a fingerprint is found by one native search and an award only adds to their ends: all fingerprints, all
 * contents (8 bytes each), and each effect's revision as its distance from the one before.
 */
export class SeenBytes implements PackedSeen {
  readonly count: number;
  readonly fingerprints: Buffer;
  readonly contents: Buffer;
  readonly steps: Buffer;
  /** Revision of the last effect. */
  readonly last: number;
  private effects: readonly SeenEffect[] | undefined;

  constructor(from: ByteReader) {
    this.count = from.unsigned();
    this.last = from.unsigned();
    const sizeOfSteps = from.unsigned();
    this.fingerprints = from.block(this.count * FINGERPRINT_BYTES);
    this.contents = from.block(this.count * FINGERPRINT_BYTES);
    this.steps = from.block(sizeOfSteps);
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
    const steps = new ByteReader(this.steps);
    let revision = 0;
    return Array.from({ length: this.count }, (_, place) => {
      revision += steps.unsigned();
      const [from, to] = [place * FINGERPRINT_DIGITS, (place + 1) * FINGERPRINT_DIGITS];
      return { fingerprint: fingerprints.slice(from, to), content: contents.slice(from, to), revision };
    });
  }
}

const NOTHING = new Uint8Array();
const NOTHING_SEEN = { last: 0, fingerprints: NOTHING, contents: NOTHING, steps: NOTHING } as const;
const stepsWriter = new ByteWriter();

/** What `SeenBytes` reads; the same bytes whether the list came from a snapshot or not. */
export function writeSeen(out: ByteWriter, seen: SeenList): void {
  const packed = seen.packed instanceof SeenBytes ? seen.packed : NOTHING_SEEN;
  const added = packed === NOTHING_SEEN ? seen.slice() : seen.added ?? [];
  const steps = stepsWriter.emptied();
  let last = packed.last;
  for (const effect of added) {
    steps.unsigned(effect.revision - last);
    last = effect.revision;
  }
  out.unsigned(seen.length);
  out.unsigned(last);
  out.unsigned(packed.steps.length + steps.size);
  out.block(packed.fingerprints);
  out.hex(added.map((effect) => effect.fingerprint).join(''));
  out.block(packed.contents);
  out.hex(added.map((effect) => effect.content).join(''));
  out.block(packed.steps);
  steps.copyTo(out);
}
