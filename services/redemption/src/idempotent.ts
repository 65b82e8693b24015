import { type IdempotencyStore, answered } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import type { Who } from './settings.ts';

/** A request that moves points, as its route sees it. */
export interface Moving {
  /** Names the operation, for instance `holds.place`: one key may be used once for each. */
  readonly operation: string;
  readonly who: Who;
  readonly key: string;
  /** Body, and the path's id where there is one. */
  readonly body: unknown;
  readonly status: 200 | 201 | 202;
}

/** Runs requests at most once for each Idempotency-Key and sends the first answer again with `Idempotency-Replayed: true`. */
export class Idempotent {
  constructor(private readonly store: IdempotencyStore) {}

  /** What `work` throws is not remembered: the same request is decided afresh, under the same ids. */
  async answer<Body>({ operation, who, key, body, status }: Moving, reply: FastifyReply, work: () => Promise<Body>): Promise<Body> {
    const request = { tenant: who.tenant, operation, key, body };
    return answered(reply, await this.store.run(request, async () => ({ status, body: await work() }))) as Body;
  }
}
