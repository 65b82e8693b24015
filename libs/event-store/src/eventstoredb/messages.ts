import type { Clock } from '@trebol/contracts';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';

import type { ReadCall } from './connection.ts';
import { NoAnswer } from './failures.ts';

/** Messages handed out at once at most: bounds what a reader holds besides what it asked for. */
const CHUNK_MESSAGES_MAX = 256;

/** Ends a wait. Without a reason of its own each `abort` makes an exception with a stack, dearer than the read it belongs to. */
const OVER = 'over';

/** What a wait for messages ended with. */
export type Chunk = readonly ReadResp[] | 'quiet' | 'end';

/**
 * The messages of a read call, as many at a time as have arrived. The call is read only while somebody waits: the server is held back
 * by the protocol, nothing piles up here. Always `close` it.
 */
export class Messages {
  private failure: unknown;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(private readonly call: ReadCall, private readonly clock: Clock) {
    call.on('readable', () => { this.wake(); });
    call.on('end', () => { this.ended = true; this.wake(); });
    call.on('error', (error: unknown) => { this.failure = error; this.wake(); });
    call.on('close', () => { this.ended = true; this.wake(); });
  }

  /** The next messages; `quiet` when none came within that many milliseconds or the signal aborted. Throws what ended the call. */
  async next(quietMs: number, signal?: AbortSignal): Promise<Chunk> {
    const there = this.there();
    if (there !== undefined) return there;
    const waiting = new AbortController();
    const stop = signal === undefined ? waiting.signal : AbortSignal.any([waiting.signal, signal]);
    const limit = this.clock.sleep(quietMs, stop).then(() => 'quiet' as const);
    try {
      for (;;) {
        const came = new Promise<'came'>((resolve) => { this.wake = () => { resolve('came'); }; });
        const chunk = this.there();
        if (chunk !== undefined) return chunk;
        if (await Promise.race([came, limit]) === 'quiet') return 'quiet';
      }
    } finally {
      waiting.abort(OVER);
    }
  }

  /** Like `next`, where silence means that the server is not there. */
  async answer(silenceMs: number): Promise<readonly ReadResp[] | 'end'> {
    const chunk = await this.next(silenceMs);
    if (chunk === 'quiet') throw new NoAnswer(`the event store was silent for ${silenceMs} ms in the middle of a read`);
    return chunk;
  }

  close(): void {
    this.call.cancel();
  }

  /** What need not be waited for. */
  private there(): Chunk | undefined {
    const messages = this.take();
    if (messages.length > 0) return messages;
    if (this.failure !== undefined) throw this.failure;
    return this.ended ? 'end' : undefined;
  }

  private take(): ReadResp[] {
    const messages: ReadResp[] = [];
    while (messages.length < CHUNK_MESSAGES_MAX) {
      const message = this.call.read() as ReadResp | null;
      if (message === null) break;
      messages.push(message);
    }
    return messages;
  }
}
