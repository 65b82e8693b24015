import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock, Ids } from '@trebol/contracts';

/** Random bytes are drawn for 512 ids at a time: one call of the generator per id would cost more than the id. */
const POOL_IDS = 512;
const TAIL_BYTES = 8;

/** rand_a of RFC 9562 is the counter, 12 bits. */
const COUNTER_MAX = 0xfff;

/** A fresh millisecond starts its counter in the lower half, so at least 2,048 ids fit before time is borrowed. */
const COUNTER_SEED_MASK = 0x7ff;

/** Variant and rand_b of the next ids: 16 hexadecimal digits each, cut out of one text. */
function randomTails(): () => string {
  const pool = Buffer.alloc(POOL_IDS * TAIL_BYTES);
  let digits = '';
  let used = POOL_IDS;
  return () => {
    if (used === POOL_IDS) {
      randomFillSync(pool);
      for (let at = 0; at < pool.length; at += TAIL_BYTES) pool.writeUInt8(0x80 | (pool.readUInt8(at) & 0x3f), at);
      digits = pool.toString('hex');
      used = 0;
    }
    const at = used * 2 * TAIL_BYTES;
    used += 1;
    return digits.slice(at, at + 2 * TAIL_BYTES);
  };
}

/**
 * UUIDv7 (RFC 9562 §6.2, method 1: dedicated counter), strictly increasing within a process even when the clock stands
 * still or goes back: then the counter goes on, and when it overflows the next millisecond is borrowed.
 */
export function systemIds(clock: Clock): Ids {
  const nextTail = randomTails();
  let lastMs = 0;
  let stamp = '';
  let counter = 0;

  function begin(milliseconds: number, tail: string): void {
    lastMs = milliseconds;
    stamp = milliseconds.toString(16).padStart(12, '0');
    // The seed repeats bits of rand_b; the id still carries 62 random bits, which is what keeps processes apart.
    counter = Number.parseInt(tail.slice(-3), 16) & COUNTER_SEED_MASK;
  }

  /** The 32 hexadecimal digits of the next id, in the four groups that matter. */
  function next(): { stamp: string; count: string; tail: string } {
    const tail = nextTail();
    const nowMs = clock.now();
    if (nowMs > lastMs) begin(nowMs, tail);
    else if (counter < COUNTER_MAX) counter += 1;
    else begin(lastMs + 1, tail);
    return { stamp, count: (0x7000 | counter).toString(16), tail };
  }

  return {
    uuid: () => {
      const id = next();
      return `${id.stamp.slice(0, 8)}-${id.stamp.slice(8)}-${id.count}-${id.tail.slice(0, 4)}-${id.tail.slice(4)}`;
    },
    prefixed: (prefix) => {
      const id = next();
      return `${prefix}_${id.stamp}${id.count}${id.tail}`;
    },
  };
}

/** Unguessable text for keys: that many random bytes as base64url (32 bytes are 43 characters). */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
