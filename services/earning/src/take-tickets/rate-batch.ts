import type { Clock, Identification, Ticket } from '@trebol/contracts';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Rating } from '../decision.ts';
import type { MemberLookup } from '../member-lookup.ts';
import { nextTurn } from '../next-turn.ts';
import type { RuleBooks } from '../rule-set.ts';
import type { StoreLookup } from '../store.ts';
import type { TakeOptions, Taken } from '../taking.ts';
import { inTransaction, isContention } from '../transaction.ts';
import { type CanonicalTicket, canonicalTicket, faultOf } from './canonical-ticket.ts';
import { decideTicket } from './decide-ticket.ts';
import { KnownKeys } from './known-keys.ts';
import { noteActivity } from './member-activity.ts';
import { settleReturns } from './settle-returns.ts';
import { type BatchHeader, type Decided, contentName, insertTickets, knownTickets, openBatch, quarantine } from './ticket-table.ts';

/** Tickets handled before other work gets its turn: about 2 ms, so that a till does not wait behind an import. */
const YIELD_EVERY_TICKETS = 100;
/** Attempts at a batch when other writers have the same keys at the same moment; the second already sees theirs. */
const RATE_ATTEMPTS_MAX = 6;

/** Everything rating needs from outside. `tokenOf` names an identifier without telling it. */
export interface RateParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly stores: StoreLookup;
  readonly members: MemberLookup;
  readonly ruleBooks: RuleBooks;
  readonly rating: Rating;
  readonly tokenOf: (tenant: string, identification: Identification) => string;
}

export interface KeptTicket { readonly canonical: CanonicalTicket; readonly decided: Decided }

/** A batch that is durable. `header` is absent when nothing in it was new; `taken` is in the order of the tickets given. */
export interface RatedBatch {
  readonly tenant: string;
  readonly header: BatchHeader | undefined;
  readonly kept: readonly KeptTicket[];
  readonly taken: readonly Taken[];
  /** True when tickets of earlier batches were settled along with this one: the batch in the table holds more than `kept`. */
  readonly movedOthers: boolean;
}

/** A ticket on its way: refused already, a repetition within the batch, or to be looked at. */
interface Candidate { readonly canonical?: CanonicalTicket; taken?: Taken }

/** Thrown to undo a transaction whose result was only wanted for looking at. */
class OnlyLooking extends Error {
  constructor(readonly batch: RatedBatch) { super('only looking'); }
}

/** Takes batches of tickets: one transaction that recognises, rates and keeps them. Nothing is posted here. */
export class RateBatch {
  private readonly known = new KnownKeys();

  constructor(private readonly parts: RateParts) {}

  /** Rates and keeps a batch; after it returns the batch is durable. */
  async rate(tenant: string, tickets: readonly Ticket[], options: TakeOptions): Promise<RatedBatch> {
    const candidates = await this.prepare(tenant, tickets);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const batch = await inTransaction(this.parts.dataSource, (client) => this.write(client, { tenant, candidates, options }));
        this.known.raise(tenant, batch.kept.map(({ canonical }) => canonical.ticket));
        return batch;
      } catch (error) {
        if (!isContention(error) || attempt === RATE_ATTEMPTS_MAX) throw error;
        this.known.forget(tenant, tickets);
      }
    }
  }

  /** What `rate` would answer now; nothing is kept. */
  async preview(tenant: string, ticket: Ticket): Promise<RatedBatch> {
    const candidates = await this.prepare(tenant, [ticket]);
    try {
      return await inTransaction(this.parts.dataSource, async (client): Promise<RatedBatch> => {
        throw new OnlyLooking(await this.write(client, { tenant, candidates, options: { history: false } }));
      });
    } catch (error) {
      if (error instanceof OnlyLooking) return error.batch;
      throw error;
    }
  }

  /** Checks and names the tickets, and finds those that come twice in the batch. No lock is held yet. */
  private async prepare(tenant: string, tickets: readonly Ticket[]): Promise<readonly Candidate[]> {
    const stores = await this.parts.stores.find(tenant, tickets.map((ticket) => ticket.storeId));
    const seen = new Map<string, Buffer>();
    const candidates: Candidate[] = [];
    const now = this.parts.clock.now();
    for (const [index, ticket] of tickets.entries()) {
      if (index % YIELD_EVERY_TICKETS === YIELD_EVERY_TICKETS - 1) await nextTurn();
      const token = ticket.identification && this.parts.tokenOf(tenant, ticket.identification);
      const canonical = canonicalTicket(ticket, token);
      const fault = faultOf(canonical, stores.get(ticket.storeId), now);
      if (fault) {
        candidates.push({ taken: { key: canonical.key, status: 'refused', ...fault } });
        continue;
      }
      const before = seen.get(canonical.key);
      if (before?.equals(canonical.hash)) candidates.push({ taken: { key: canonical.key, status: 'duplicate' } });
      else candidates.push({ canonical });
      if (!before) seen.set(canonical.key, canonical.hash);
    }
    return candidates;
  }

  private async write(
    client: ClientBase, batch: { readonly tenant: string; readonly candidates: readonly Candidate[]; readonly options: TakeOptions },
  ): Promise<RatedBatch> {
    const { tenant, candidates, options } = batch;
    const recordedAt = this.parts.clock.now();
    const { fresh, known } = await this.recognise(client, tenant, candidates);
    const conflicts = await this.quarantineOthers(client, { tenant, recordedAt, candidates, known, fresh });
    const header = fresh.length === 0 ? undefined : await openBatch(client, tenant, recordedAt);
    const { kept, movedOthers } = header
      ? await this.decideAndKeep(client, { header, fresh, history: options.history }) : { kept: [], movedOthers: false };
    const decisions = new Map(kept.map(({ canonical, decided }) => [canonical, decided]));
    const taken = candidates.map((candidate) => takenOf(candidate, decisions, conflicts));
    await options.within?.(client, taken);
    return { tenant, header, kept, taken, movedOthers };
  }

  /** Splits into what is new and what is known by its key already. */
  private async recognise(client: ClientBase, tenant: string, candidates: readonly Candidate[]): Promise<{
    fresh: readonly CanonicalTicket[]; known: ReadonlyMap<string, Buffer>;
  }> {
    const firsts = new Map<string, CanonicalTicket>();
    for (const { canonical } of candidates) if (canonical && !firsts.has(canonical.key)) firsts.set(canonical.key, canonical);
    const toLookUp = await this.known.toLookUp(tenant, [...firsts.values()].map(({ ticket }) => ticket), client);
    const lookedUp = new Set(toLookUp);
    const keys = [...firsts.values()].filter(({ ticket }) => lookedUp.has(ticket)).map(({ key }) => key);
    const known = await knownTickets(client, tenant, keys);
    return { fresh: [...firsts.values()].filter(({ key }) => !known.has(key)), known };
  }

  /** Quarantines content that differs from what its key stands for, in the table or earlier in the batch; answers which of it was new. */
  private async quarantineOthers(client: ClientBase, batch: {
    readonly tenant: string; readonly recordedAt: number; readonly candidates: readonly Candidate[];
    readonly known: ReadonlyMap<string, Buffer>; readonly fresh: readonly CanonicalTicket[];
  }): Promise<Conflicts> {
    const hashes = new Map(batch.known);
    for (const { key, hash } of batch.fresh) hashes.set(key, hash);
    const conflicting = batch.candidates.flatMap(({ canonical }) =>
      canonical && !hashes.get(canonical.key)?.equals(canonical.hash) ? [canonical] : []);
    const first = await quarantine(client, batch.tenant, { recordedAt: batch.recordedAt, tickets: conflicting });
    return { conflicting: new Set(conflicting), first };
  }

  private async decideAndKeep(
    client: ClientBase, batch: { readonly header: BatchHeader; readonly fresh: readonly CanonicalTicket[]; readonly history: boolean },
  ): Promise<{ readonly kept: readonly KeptTicket[]; readonly movedOthers: boolean }> {
    const { header, fresh, history } = batch;
    const { tenant, recordedAt } = header;
    const { ruleBooks, rating } = this.parts;
    const tokens = new Set(fresh.flatMap(({ token }) => token ?? []));
    const members = await this.parts.members.membersOf(tenant, [...tokens], client);
    const book = await ruleBooks.bookOf(tenant, client);
    const activities = fresh.flatMap(({ ticket: { type, businessDay }, token, occurredAt }) => {
      const memberId = type === 'sale' && token !== undefined ? members.get(token) : undefined;
      return memberId === undefined ? [] : [{ memberId, businessDay, occurredAt }];
    });
    const lastActive = await noteActivity(client, tenant, { activities, book });
    const context = { receipt: { recordedAt, history }, members, book, rating, lastActive };
    const kept: KeptTicket[] = [];
    for (const canonical of fresh) {
      if (kept.length % YIELD_EVERY_TICKETS === YIELD_EVERY_TICKETS - 1) await nextTurn();
      kept.push({ canonical, decided: decideTicket(canonical, context) });
    }
    await insertTickets(client, header, kept);
    const originalKeys = fresh.flatMap(({ originalKey }) => originalKey ?? []);
    const settled = new Map(
      (await settleReturns(client, header, { originalKeys, rating, ruleBooks })).map(({ key, decided }) => [key, decided]),
    );
    if (settled.size === 0) return { kept, movedOthers: false };
    const final = kept.map((ticket) => ({ ...ticket, decided: settled.get(ticket.canonical.key) ?? ticket.decided }));
    const own = kept.filter(({ canonical }) => settled.has(canonical.key)).length;
    return { kept: final, movedOthers: own < settled.size };
  }
}

interface Conflicts {
  readonly conflicting: ReadonlySet<CanonicalTicket>;
  /** Names of the contents that were not quarantined before. */
  readonly first: ReadonlySet<string>;
}

function takenOf({ canonical, taken }: Candidate, decisions: ReadonlyMap<CanonicalTicket, Decided>, conflicts: Conflicts): Taken {
  if (taken || !canonical) return taken ?? { key: '', status: 'duplicate' };
  const { key } = canonical;
  if (conflicts.conflicting.has(canonical)) {
    return { key, status: 'quarantined', first: conflicts.first.has(contentName(key, canonical.hash)) };
  }
  const decided = decisions.get(canonical);
  return decided ? takenFresh(canonical, decided) : { key, status: 'duplicate' };
}

function takenFresh({ key, ticket }: CanonicalTicket, decided: Decided): Taken {
  switch (decided.decision) {
    case 'rejected': return { key, status: 'rejected', code: decided.reason ?? 'originalNotASale', pointer: decided.pointer ?? '' };
    case 'rated': return { key, status: 'rated', type: ticket.type, points: decided.points };
    case 'noMember':
    case 'awaitingOriginal':
    case 'tooOld': return { key, status: decided.decision };
    default: {
      const never: never = decided.decision;
      throw new Error(`unknown decision ${String(never)}`);
    }
  }
}
