import type { Revision, StreamName } from './port.ts';

/** An event of a stream is missing. Nobody may decide on such a stream: the caller gets no tail. */
export class StreamDamaged extends RangeError {
  constructor(readonly stream: StreamName, readonly revision: Revision) {
    super(`the stream ${stream} is at revision ${revision}, and not all of its events are in the log`);
  }
}

/**
 * An event is missing where positions must be contiguous, or one stands there that no append of ours can have written. Readers stop:
 * skipping it would derive wrong balances.
 */
export class LogDamaged extends RangeError {
  constructor(readonly partition: number, readonly position: number) {
    super(`the log has no event at position ${position} of partition ${partition}`);
  }
}
