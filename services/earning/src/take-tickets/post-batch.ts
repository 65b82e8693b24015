import { batchSpan } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { Outcome, PointsLedger } from '@trebol/points';
import { binaryArray } from '@trebol/postgres-bulk';
import type { DataSource } from 'typeorm';
import { inTransaction, onConnection, rowsOfPrepared } from '../transaction.ts';
import type { BatchWork } from './load-batch.ts';
import { byType, type Posting, type WalletKind, commandOf, extensionCommandOf, salesFirst } from './posting.ts';
import { isRetried, reasonOf, type SaidOfMany, saidOf, type SaidOfType } from './said.ts';

/** Which traffic a posting belongs to: a till's commands are answered one by one, an import's go as one batch. */
export type Lane = 'interactive' | 'bulk';

export interface PostParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly ledger: PointsLedger;
  readonly walletKind: WalletKind;
}

const NO_OTHERS: SaidOfMany['others'] = new Map();

/** A wallet may have been merged into one that was merged in turn; more hops than this would be a circle. */
const MERGES_FOLLOWED_MAX = 3;

/** Hands rated batches to the ledger and says so once for the whole batch. */
export class PostBatch {
  constructor(private readonly parts: PostParts) {}

  /** Posts a batch and marks it; answers what the wallets said. What one of its wallets did not take is kept with the reason. */
  post(work: BatchWork, lane: Lane): Promise<SaidOfMany> {
    const { header: { tenant, traceparent }, postings } = work;
    const attributes = { 'trebol.tickets': postings.length };
    return batchSpan({ name: 'post tickets', origins: [traceparent], detached: true, attributes }, async () => {
      const said = await this.send(tenant, postings, lane);
      await this.markPosted(work, said);
      return said;
    });
  }

  /**
   * Sends postings to the ledger, each to the wallets of all its types, sales first; nothing is marked. Sending again is safe, also what only
   * some of the wallets have: each recognises the source.
   */
  async send(tenant: string, postings: readonly Posting[], lane: Lane): Promise<SaidOfMany> {
    const { currency, others } = byType(postings);
    if (others.length === 0) return { currency: await this.sendAll(tenant, currency, lane), others: NO_OTHERS };
    const types = Map.groupBy(others, ({ pointType = '' }) => pointType);
    const [ofCurrency, ...ofTypes] = await Promise.all([
      this.sendAll(tenant, currency, lane), ...[...types.values()].map(async (parts) => this.sendAll(tenant, parts, lane)),
    ]);
    const byKey = new Map<string, SaidOfType[]>();
    for (const [index, pointType] of [...types.keys()].entries()) {
      for (const [key, outcome] of ofTypes[index] ?? []) byKey.set(key, [...byKey.get(key) ?? [], { pointType, outcome }]);
    }
    return { currency: ofCurrency, others: byKey };
  }

  /** Sends postings of one type: awards and returns, then what extends. */
  private async sendAll(tenant: string, postings: readonly Posting[], lane: Lane): Promise<ReadonlyMap<string, Outcome>> {
    const outcomes = await this.sendOn(postings.filter(({ lots }) => lots !== undefined), tenant, { lane, commandOf });
    const active = postings.filter(({ key, lots, extension }) =>
      extension !== undefined && (lots === undefined || outcomes.get(key)?.status === 'accepted'));
    if (active.length === 0) return outcomes;
    for (const [key, extended] of await this.sendOn(active, tenant, { lane, commandOf: extensionCommandOf })) {
      outcomes.set(key, together(outcomes.get(key), extended));
    }
    return outcomes;
  }

  /** Sends postings and follows the wallets that were merged away meanwhile. */
  private async sendOn(postings: readonly Posting[], tenant: string, way: Way): Promise<Map<string, Outcome>> {
    const outcomes = await this.sendOnce(tenant, postings, way);
    let moved = movedOn(postings, outcomes);
    for (let hop = 0; moved.length > 0 && hop < MERGES_FOLLOWED_MAX; hop += 1, moved = movedOn(moved, outcomes)) {
      for (const [key, outcome] of await this.sendOnce(tenant, moved, way)) outcomes.set(key, outcome);
    }
    return outcomes;
  }

  private async sendOnce(tenant: string, postings: readonly Posting[], way: Way): Promise<Map<string, Outcome>> {
    const { lane, commandOf: commandFor } = way;
    const ordered = salesFirst(postings);
    const { ledger, walletKind } = this.parts;
    const outcomes = new Map<string, Outcome>();
    const keep = (sent: readonly Posting[], answers: readonly Outcome[]): void => {
      for (const [index, { key }] of sent.entries()) {
        outcomes.set(key, answers[index] ?? { status: 'unknown', cause: undefined });
      }
    };
    if (lane === 'bulk') {
      if (ordered.length > 0) keep(ordered, await ledger.handleMany(ordered.map((posting) => commandFor(tenant, walletKind, posting))));
      return outcomes;
    }
    for (const part of [ordered.filter(({ type }) => type === 'sale'), ordered.filter(({ type }) => type !== 'sale')]) {
      keep(part, await Promise.all(part.map((posting) => {
        const { wallet, command } = commandFor(tenant, walletKind, posting);
        // A fault of one wallet (too busy, too contended) is no fault of the other tills that share the batch.
        return ledger.handle(wallet, command).catch((cause: unknown): Outcome => ({ status: 'unknown', cause }));
      })));
    }
    return outcomes;
  }

  /**
   * One row says that the batch is posted and gives it its place among what is to be published. Places are handed out under the lock of the
   * one `outbox_head` row, so a reader that sees place n has seen all before it.
   */
  private async markPosted({ header, postings }: BatchWork, said: SaidOfMany): Promise<void> {
    const heldBack = postings.flatMap(({ key }) => {
      const reason = reasonOf(saidOf(said, key));
      return reason === undefined ? [] : [{ key, reason }];
    });
    const at = new Date(this.parts.clock.now());
    if (heldBack.length === 0) {
      await onConnection(this.parts.dataSource, (client) => rowsOfPrepared(client, MARK_POSTED, [header.batch, at]));
      return;
    }
    await inTransaction(this.parts.dataSource, async (client) => {
      await client.query(`
        UPDATE earning.ticket t SET not_posted = d.reason FROM unnest($3::text[], $4::text[]) AS d(transaction_key, reason)
        WHERE t.tenant = $1 AND t.transaction_key = d.transaction_key AND t.batch = $2`, [
        header.tenant, header.batch, binaryArray('text', heldBack.map(({ key }) => key)), binaryArray(
          'text', heldBack.map(({ reason }) => reason),
        ),
      ]);
      await rowsOfPrepared(client, MARK_POSTED, [header.batch, at]);
    });
  }

  /** Marks tickets that were held back with what came of sending them again; those that moved on get a batch of their own. */
  async markRetried(tenant: string, said: SaidOfMany): Promise<void> {
    const resolved = [...new Set([...said.currency.keys(), ...said.others.keys()])].flatMap((key) => {
      const reason = reasonOf(saidOf(said, key));
      return reason !== undefined && isRetried(reason) ? [] : [{ key, reason: reason ?? null }];
    });
    if (resolved.length === 0) return;
    const at = new Date(this.parts.clock.now());
    await inTransaction(this.parts.dataSource, async (client) => {
      const opened = await client.query<{ batch: string }>(
        `INSERT INTO earning.rating_batch (batch, tenant, rated_at) VALUES (nextval('earning.batch_id'), $1, $2) RETURNING batch`,
        [tenant, at]);
      const batch = opened.rows[0]?.batch;
      await client.query(`
        UPDATE earning.ticket t SET batch = $2, version = t.version + 1,
        not_posted = d.reason FROM unnest($3::text[], $4::text[]) AS d(transaction_key, reason)
        WHERE t.tenant = $1 AND t.transaction_key = d.transaction_key AND t.not_posted IS NOT NULL`, [
        tenant, batch, binaryArray('text', resolved.map(({ key }) => key)), binaryArray('text', resolved.map(({ reason }) => reason)),
      ]);
      await rowsOfPrepared(client, MARK_POSTED, [batch, at]);
    });
  }
}

/** One kind of command of postings, and the traffic they belong to. */
interface Way {
  readonly lane: Lane;
  readonly commandOf: typeof commandOf | typeof extensionCommandOf;
}

/** What the ledger said of a ticket in all: the first refusal, else the award's effect with the balance after the extension. */
function together(award: Outcome | undefined, extension: Outcome): Outcome {
  return award?.status === 'accepted' && extension.status === 'accepted'
    ? { ...award, balance: extension.balance, revision: extension.revision } : extension;
}

/** Postings whose wallet was merged away meanwhile, addressed to the wallet that took it over. */
function movedOn(postings: readonly Posting[], outcomes: ReadonlyMap<string, Outcome>): Posting[] {
  return postings.flatMap((posting) => {
    const outcome = outcomes.get(posting.key);
    const refusal = outcome?.status === 'refused' ? outcome.refusal : undefined;
    return refusal?.code === 'walletClosed' && refusal.movedTo !== undefined ? [{ ...posting, memberId: refusal.movedTo }] : [];
  });
}

const MARK_POSTED = {
  name: 'earning.mark-posted',
  text: `
    WITH head AS (UPDATE earning.outbox_head SET last = last + 1 RETURNING last)
    UPDATE earning.rating_batch SET posted_at = $2, outbox = head.last FROM head WHERE batch = $1 AND posted_at IS NULL`,
};
