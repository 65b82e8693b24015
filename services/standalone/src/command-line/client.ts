import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemClock, systemIds } from '@trebol/chassis';
import type { Language } from '@trebol/contracts';

/** The members of a problem document that are read here. */
export interface RefusalProblem {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

/** A refusal of the platform, as it said it (RFC 9457). */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  constructor(readonly status: number, readonly problem: RefusalProblem) {
    const errors = (problem.errors ?? []).map(({ pointer, message }) => ` ${pointer}: ${message}`).join(';');
    super(`${status} ${problem.code ?? ''}: ${problem.detail ?? problem.title ?? ''}${errors}`);
  }
}

/** The platform could not be reached, or answered with something that is not its own: `reason` is the system's code or words. */
export class PlatformUnreachable extends Error {
  override readonly name = 'PlatformUnreachable';
  constructor(readonly url: string, readonly reason: string, options?: ErrorOptions) {
    super(`${url}: ${reason}`, options);
  }
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  /** Sent as it is, with this media type, instead of `body`. */
  readonly stream?: { readonly content: Readable; readonly type: string };
}

export interface AnswerWithStatus<T> { readonly body: T; readonly status: number; readonly replayed: boolean }

/** The public surface over HTTP, as any integrator would use it. */
export class TrebolClient {
  private readonly ids = systemIds(systemClock);

  /** Without a key the platform answers only where it runs open (`TREBOL_OPEN=1`), on this machine. */
  constructor(
    readonly url: string, private readonly key: string | undefined, private readonly language: Language
  ) {}

  /** An idempotency key for a request that stands for itself. */
  freshKey(): string { return this.ids.uuid(); }

  async get<T>(path: string): Promise<T> { return this.send<T>('GET', path, {}); }
  async post<T>(path: string, body: unknown, idempotencyKey?: string): Promise<T> {
    return this.send<T>('POST', path, { body, idempotencyKey });
  }
  async put<T>(path: string, body: unknown): Promise<T> { return this.send<T>('PUT', path, { body }); }

  /** Answer as text, for files. */
  async text(path: string): Promise<string> {
    const answer = await this.fetch('GET', path, {});
    return answer.text();
  }

  /** Writes an answer to a file, whole or not at all. */
  async save(path: string, file: string): Promise<void> {
    const { body } = await this.fetch('GET', path, {});
    const part = `${file}.part`;
    try {
      await pipeline(body === null ? [] : Readable.fromWeb(body), createWriteStream(part));
      await rename(part, file);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  async send<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const answer = await this.fetch(method, path, options);
    return await answer.json() as T;
  }

  /** As `send`, and whether the platform answered with what it had answered before. */
  async sendWithStatus<T>(
    method: string, path: string, options: RequestOptions
  ): Promise<AnswerWithStatus<T>> {
    const answer = await this.fetch(method, path, options);
    return {
      body: await answer.json() as T, status: answer.status,
      replayed: answer.headers.get('idempotency-replayed') === 'true',
    };
  }

  private async fetch(method: string, path: string, options: RequestOptions): Promise<Response> {
    const answer = await fetch(
      `${this.url}${path}`, { method, headers: this.headers(options), ...bodyOf(options) }
    )
      .catch((cause: unknown) => {
        throw new PlatformUnreachable(this.url, reasonOf(cause), { cause });
      });
    if (answer.ok) return answer;
    const text = await answer.text();
    const problem = parsed(text);
    if (problem) throw new RequestRefused(answer.status, problem);
    throw new PlatformUnreachable(this.url, `${answer.status} ${text.slice(0, ANSWER_CHARS_SHOWN)}`);
  }

  private headers({ body, idempotencyKey, stream }: RequestOptions): Record<string, string> {
    return {
      ...(this.key === undefined ? {} : { authorization: `Bearer ${this.key}` }),
      'accept-language': this.language,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(stream ? { 'content-type': stream.type } : {}),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    };
  }
}

const bodyOf = ({ body, stream }: RequestOptions): RequestInit => {
  if (stream) return { body: stream.content as unknown as ReadableStream, duplex: 'half' } as RequestInit;
  return body === undefined ? {} : { body: JSON.stringify(body) };
};

/** Characters shown of an answer that is not the platform's: enough to recognise a proxy's page. */
const ANSWER_CHARS_SHOWN = 80;

/** What `fetch` says is in its cause. */
function reasonOf(failed: unknown): string {
  const { cause, message } = failed as Error;
  const { code, message: inner } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return code ?? inner ?? message;
}

function parsed(text: string): RefusalProblem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
