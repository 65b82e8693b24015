const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

const mixed = (k: number): number => {
  const multiplied = Math.imul(k, MULTIPLIER);
  return Math.imul(multiplied ^ (multiplied >>> 24), MULTIPLIER);
};

/** The last one to three bytes, little-endian, as one number. */
function tailOf(bytes: Uint8Array, from: number): number {
  let tail = 0;
  for (let i = bytes.length - 1; i >= from; i--) tail = (tail << 8) | (bytes[i] ?? 0);
  return tail;
}

/** Murmur2 (32 bits, signed) with the seed that Kafka's own clients use. */
export function murmur2(bytes: Uint8Array): number {
  const words = bytes.length >>> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let h = SEED ^ bytes.length;
  for (let word = 0; word < words; word++) h = Math.imul(h, MULTIPLIER) ^ mixed(view.getInt32(word * 4, true));
  if ((bytes.length & 3) !== 0) h = Math.imul(h ^ tailOf(bytes, words * 4), MULTIPLIER);
  h = Math.imul(h ^ (h >>> 13), MULTIPLIER);
  return h ^ (h >>> 15);
}

/**
 * The partition of a key: Kafka's default rule (murmur2 of the UTF-8 bytes, sign bit cleared, modulo the number of partitions). It is the
 * same on every machine and for both adapters, so a key keeps its partition when an installation moves from one to the other.
 */
export const partitionOf = (key: string, partitions: number): number => (murmur2(Buffer.from(key, 'utf8')) & 0x7fff_ffff) % partitions;
