import type { Clock } from '@trebol/contracts';
import { binaryArray } from '@trebol/postgres-bulk';
import type pg from 'pg';
import type { IncomingMessage, MessageFailure } from '../port.ts';
import type { Step } from '../runner/partition-source.ts';
import type { HeldClaim } from './claims.ts';

/** Writes steps, each in one transaction on the connection that holds the claim. */
export class StepWriter {
  readonly #schema: string;
  readonly #clock: Clock;

  constructor(schema: string, clock: Clock) {
    this.#schema = schema;
    this.#clock = clock;
  }

  async commit(claim: HeldClaim, step: Step): Promise<void> {
    switch (step.batch.kind) {
      case 'new':
        await this.#commitNew(claim, step);
        break;
      case 'replay':
        await this.#commitReplay(claim, step);
        break;
      default: {
        const never: never = step.batch.kind;
        throw new Error(`unknown kind of batch ${String(never)}`);
      }
    }
  }

  async #commitNew(claim: HeldClaim, { batch, failed, waiting }: Step): Promise<void> {
    if (failed.length === 0 && waiting.length === 0) {
      await claim.session.run((client) => this.#moveOffset(client, claim, batch.through));
      return;
    }
    await claim.session.transaction(async (client) => {
      await this.#park(client, claim, { failed, waiting });
      await this.#moveOffset(client, claim, batch.through);
    });
    for (const failure of failed) claim.parkedKeys.add(failure.message.key);
  }

  async #moveOffset(client: pg.ClientBase, claim: HeldClaim, through: bigint): Promise<void> {
    await client.query({
      name: 'bus-offset',
      text: `update ${this.#schema}.group_offset set position = $2 where id = $1 and position < $2`,
      values: [claim.offsetId, through],
    });
  }

  async #park(client: pg.ClientBase, claim: HeldClaim, { failed, waiting }: Pick<Step, 'failed' | 'waiting'>): Promise<void> {
    const failures = new Map<IncomingMessage, MessageFailure>(failed.map((failure) => [failure.message, failure]));
    const messages = [...failures.keys(), ...waiting];
    const texts = (column: (message: IncomingMessage) => string | null | undefined): Buffer =>
      binaryArray('text', messages.map((message) => column(message) ?? null));
    await client.query(
      `insert into ${this.#schema}.dead_letter
         (offset_id, position, time, key, message_id, type, tenant, traceparent, value, code, detail, attempts, failed_at)
       select $1, position, time, key, message_id, type, tenant, traceparent, value, code, detail,
         case when code is null then 0 else 1 end, case when code is null then null else $2::timestamptz end
       from unnest($3::int8[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
           $11::text[], $12::text[])
         as m(position, time, key, message_id, type, tenant, traceparent, value, code, detail)
       on conflict (offset_id, position) do nothing`,
      [
        claim.offsetId, new Date(this.#clock.now()), binaryArray('int8', messages.map((message) => message.offset)),
        binaryArray('timestamptz', messages.map((message) => message.time)),
        texts((message) => message.key), texts((message) => message.id),
        texts((message) => (message.type === message.topic ? null : message.type)), texts((message) => message.tenant),
        texts((message) => message.traceparent), texts((message) => message.value), texts((message) => failures.get(message)?.code),
        texts((message) => failures.get(message)?.detail.replaceAll('\0', '')),
      ],
    );
  }

  /** What passed is freed; a new failure takes the place of the old; what could not be fetched at once is asked for again. */
  async #commitReplay(claim: HeldClaim, { batch, failed: [failure] }: Step): Promise<void> {
    const passed = failure ? batch.messages.filter((message) => message.offset < failure.message.offset) : batch.messages;
    const key = batch.messages[0]?.key ?? '';
    const freed = await claim.session.transaction(async (client) => {
      await client.query(`delete from ${this.#schema}.dead_letter where offset_id = $1 and position = any($2::int8[])`,
        [claim.offsetId, binaryArray('int8', passed.map((message) => message.offset))]);
      if (failure) {
        await this.#recordAgain(client, claim, failure);
        return false;
      }
      const left = await client.query(
        `update ${this.#schema}.dead_letter set replay = true where offset_id = $1
           and position = (select min(position) from ${this.#schema}.dead_letter where offset_id = $1 and key = $2)`,
        [claim.offsetId, key]);
      return left.rowCount === 0;
    });
    if (freed) claim.parkedKeys.delete(key);
  }

  async #recordAgain(client: pg.ClientBase, claim: HeldClaim, { message, code, detail }: MessageFailure): Promise<void> {
    await client.query(
      `update ${this.#schema}.dead_letter set replay = false, attempts = attempts + case when position = $2 then 1 else 0 end,
         code = case when position = $2 then $4 else code end, detail = case when position = $2 then $5 else detail end,
         failed_at = case when position = $2 then $6::timestamptz else failed_at end
       where offset_id = $1 and key = $3 and (replay or position = $2)`,
      [claim.offsetId, message.offset, message.key, code, detail.replaceAll('\0', ''), new Date(this.#clock.now())]);
  }
}
