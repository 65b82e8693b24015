/** The server did not answer, or not usefully: what was asked may have been done or not, and asking again may help. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/**
 * gRPC codes after which the same request may succeed: cancelled by the server (1), unknown (2: also "Server Is Not Ready"), deadline
 * (4), aborted (10), internal (13: a stream that was cut), unavailable (14).
 */
const PASSING_CODES: ReadonlySet<unknown> = new Set([1, 2, 4, 10, 13, 14]);
/** Codes of sockets and name look-ups, as Node gives them, and of HTTP/2 sessions that ended under a request. */
const PASSING_TEXT = /^(E(CONN|PIPE|HOST|NET|AI_|TIMEDOUT)|ERR_HTTP2_)/;

/** True for errors of a connection, a deadline, or a server that starts or stops. Everything else is thrown to the caller. */
export function isPassing(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  if (!(error instanceof Error)) return false;
  const { code, metadata } = error as { code?: unknown; metadata?: { get?(name: string): unknown[] } };
  if (metadata?.get?.('exception').includes('not-leader')) return true; // the client has gone on to the leader that the answer named
  if (typeof code === 'string') return PASSING_TEXT.test(code);
  // A cluster without a leader found yet: the client gives a plain error without a code.
  return PASSING_CODES.has(code) || error.message.startsWith('Failed to discover') || error.message.includes('write after end');
}
