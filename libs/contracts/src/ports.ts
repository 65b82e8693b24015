/**
 * Where time comes from. Nothing else in the product reads a clock (a lint rule says so), so that a whole system can run
 * under a clock that a test or a sandbox moves.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after that many milliseconds, or at once when the signal aborts (it never rejects). */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Where fresh ids come from. */
export interface Ids {
  /** A UUIDv7 (RFC 9562) in lower-case text, 36 characters. */
  uuid(): string;
  /** A UUIDv7 with a typed prefix, for instance `mbr_0190…` (32 hexadecimal digits, no hyphens). */
  prefixed(prefix: string): string;
}
