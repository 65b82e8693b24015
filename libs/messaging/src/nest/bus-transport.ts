import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { BatchHandler, MessageBatch, MessageBus, MessageFailure, Running } from '../port.ts';

/** Messages handed over at once where a handler does not say. */
const BATCH_MAX_DEFAULT = 500;

interface Binding {
  readonly topic: string;
  readonly group: string;
  readonly batchMax: number;
  readonly handler: MessageHandler;
}

/** Nest turns what a handler throws into a plain object on its way here. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? String(thrown.message) : String(thrown);
  return new Error(message, { cause: thrown });
}

function checkedFailures(result: unknown, where: string): readonly MessageFailure[] | void {
  if (result === undefined || result === null) return undefined;
  if (!Array.isArray(result)) throw new Error(`${where} must return its failures or nothing`);
  return result as readonly MessageFailure[];
}

/**
 * Binds `@EventPattern<string>(topic, { group, batchMax })` methods to a bus. A method takes the batch as `@Payload()` and returns its
 * failures or nothing; it is awaited, and a throw makes the runner hand the batch over again. One topic may be bound by several groups.
 */
export class BusTransport extends Server implements CustomTransportStrategy {
  /** Nest hands errors of event handlers to us instead of logging and swallowing them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #bus: MessageBus;
  readonly #bindings: Binding[] = [];
  readonly #running: Running[] = [];

  constructor(bus: MessageBus) {
    super();
    this.#bus = bus;
  }

  /**
   * Called by Nest for each decorated method. Throws on a pattern without a group, on a group bound twice to a topic and
   * on `@MessagePattern`.
   */
  override addHandler(...[pattern, handler, isEventHandler, extras = {}]: Parameters<Server['addHandler']>): void {
    const topic = this.normalizePattern(pattern as string);
    if (!isEventHandler) throw new Error(`@MessagePattern(${topic}): the bus carries events; nobody waits for an answer`);
    const { group, batchMax = BATCH_MAX_DEFAULT } = extras as Record<string, unknown>;
    if (typeof group !== 'string' || group === '') throw new Error(`@EventPattern(${topic}): { group } is missing`);
    if (typeof batchMax !== 'number') throw new Error(`@EventPattern(${topic}): batchMax must be a number`);
    if (this.#bindings.some((binding) => binding.topic === topic && binding.group === group)) {
      throw new Error(`@EventPattern(${topic}): group ${group} is bound twice; each purpose has a group of its own`);
    }
    this.#bindings.push({ topic, group, batchMax, handler });
    handler.isEventHandler = true;
    handler.extras = extras;
    this.messageHandlers.set(`${topic} ${group}`, handler);
  }

  /** Starts the consumers, one after the other; if one fails, those before it are stopped and Nest's start fails. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const { topic, group, batchMax, handler } of this.#bindings) {
        const handle = this.#handle(handler, `${topic} ${group}`);
        this.#running.push(await this.#bus.consume({ topics: [topic], group, batchMax, handle }));
      }
    } catch (error) {
      await this.close();
      callback(error);
      return;
    }
    callback();
  }

  /** Stops the consumers, last started first; each finishes the batch in hand. The bus stays open: whoever opened it closes it. */
  async close(): Promise<void> {
    for (let running = this.#running.pop(); running; running = this.#running.pop()) await running.stop();
  }

  /** Messages not yet handled, over all bound consumers. */
  async lag(): Promise<number> {
    const lags = await Promise.all(this.#running.map((running) => running.lag()));
    return lags.reduce((sum, lag) => sum + lag, 0);
  }

  /** There is nothing to listen to: troubles are reported by the bus. */
  on(): void {}

  unwrap<T>(): T {
    return this.#bus as T;
  }

  #handle(handler: MessageHandler, where: string): BatchHandler {
    return async (batch: MessageBatch) => {
      try {
        const result: unknown = await lastValueFrom(this.transformToObservable(handler(batch)), { defaultValue: undefined });
        return checkedFailures(result, where);
      } catch (error) {
        throw asError(error);
      }
    };
  }
}
