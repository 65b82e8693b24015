import type { Clock, Identification, Ticket } from '@trebol/contracts';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Rating } from '../decision.ts';
import type { MemberLookup } from '../member-lookup.ts';
import { nextTurn } from '../next-turn.ts';
import type { RuleBooks, RuleVersion } from '../rule-set.ts';
import type { StoresInUse } from '../store.ts';
import type { TakeOptions, Taken, TicketFault } from '../taking.ts';
import { inTransaction, isContention } from '../transaction.ts';
import { type CanonicalTicket, canonicalTicket, faultsOf } from './canonical-ticket.ts';
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
  readonly stores: StoresInUse;
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

/** Tickets as they were sent, made ready. */
interface Sent { readonly tenant: string; readonly tickets: readonly CanonicalTicket[]; readonly options: TakeOptions }

type Faults = readonly [TicketFault, ...TicketFault[]];

/** Tickets of a batch by what may become of them; those in none of the three are known and the same. */
interface Sorted {
  readonly fresh: readonly CanonicalTicket[];
  readonly conflicting: readonly CanonicalTicket[];
  readonly refused: ReadonlyMap<CanonicalTicket, Faults>;
}

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
    const sent = { tenant, tickets: await this.prepare(tenant, tickets), options };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const batch = await inTransaction(this.parts.dataSource, (client) => this.write(client, sent));
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
    const sent = { tenant, tickets: await this.prepare(tenant, [ticket]), options: { history: false } };
    try {
      return await inTransaction(this.parts.dataSource, async (client): Promise<RatedBatch> => {
        throw new OnlyLooking(await this.write(client, sent));
      });
    } catch (error) {
      if (error instanceof OnlyLooking) return error.batch;
      throw error;
    }
  }

  /** Names the tickets and takes their fingerprints. No lock is held yet. */
  private async prepare(tenant: string, tickets: readonly Ticket[]): Promise<readonly CanonicalTicket[]> {
    const prepared: CanonicalTicket[] = [];
    for (const ticket of tickets) {
      if (prepared.length % YIELD_EVERY_TICKETS === YIELD_EVERY_TICKETS - 1) await nextTurn();
      prepared.push(canonicalTicket(ticket, ticket.identification && this.parts.tokenOf(tenant, ticket.identification)));
    }
    return prepared;
  }

  private async write(client: ClientBase, { tenant, tickets, options }: Sent): Promise<RatedBatch> {
    const recordedAt = this.parts.clock.now();
    const { fresh, conflicting, refused } = await this.sort(client, { tenant, tickets, now: recordedAt });
    const first = new Set(await quarantine(client, tenant, { recordedAt, tickets: conflicting }));
    const header = fresh.length === 0 ? undefined : await openBatch(client, tenant, recordedAt);
    const { kept, movedOthers } = header
      ? await this.decideAndKeep(client, { header, fresh, history: options.history }) : { kept: [], movedOthers: false };
    const outcome: BatchOutcome = {
      decisions: new Map(kept.map(({ canonical, decided }) => [canonical, decided])), conflicting: new Set(conflicting), first, refused,
    };
    const taken = tickets.map((canonical) => takenOf(canonical, outcome));
    await options.within?.(client, taken);
    return { tenant, header, kept, taken, movedOthers };
  }

  /**
   * Sameness comes first: what is known by key and content is not looked at again, whatever its store or the clock say by now. Of the rest
   * what cannot be ours is refused, the first of each key is new, and content that differs from what its key stands for, in the table
   * or earlier in the batch, conflicts.
   */
  private async sort(
    client: ClientBase, batch: { readonly tenant: string; readonly tickets: readonly CanonicalTicket[]; readonly now: number },
  ): Promise<Sorted> {
    const { tenant, tickets, now } = batch;
    const hashes = new Map(await this.knownOf(client, tenant, tickets));
    const unseen = hashes.size === 0 ? tickets : tickets.filter(({ key, hash }) => !hashes.get(key)?.equals(hash));
    const stores = await this.parts.stores.findToUse(tenant, unseen.map(({ ticket }) => ticket.storeId), client);
    const fresh: CanonicalTicket[] = [];
    const conflicting: CanonicalTicket[] = [];
    const refused = new Map<CanonicalTicket, Faults>();
    for (const canonical of unseen) {
      const [fault, ...more] = faultsOf(canonical, stores.get(canonical.ticket.storeId), now);
      const before = hashes.get(canonical.key);
      if (fault) refused.set(canonical, [fault, ...more]);
      else if (!before) {
        hashes.set(canonical.key, canonical.hash);
        fresh.push(canonical);
      } else if (!before.equals(canonical.hash)) conflicting.push(canonical);
    }
    await this.parts.stores.use(tenant, fresh.map(({ ticket }) => ticket.storeId), client);
    return { fresh, conflicting, refused };
  }

  /** Content known under the keys of these tickets. */
  private async knownOf(
    client: ClientBase, tenant: string, tickets: readonly CanonicalTicket[],
  ): Promise<ReadonlyMap<string, Buffer>> {
    const parts = tickets.map(({ ticket }) => ticket);
    const lookUp = new Set(await this.known.toLookUp(tenant, parts, client));
    const keys = new Set(tickets.filter(({ ticket }) => lookUp.has(ticket)).map(({ key }) => key));
    return knownTickets(client, tenant, [...keys]);
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
    const receipt = { recordedAt, history };
    const isTooOld = (businessDay: string, rules: RuleVersion): boolean => rating.isTooOld(businessDay, receipt, rules);
    const lastActive = await noteActivity(client, tenant, { activities, book, isTooOld });
    const context = { receipt, members, book, rating, lastActive };
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

/** What became of the tickets of a batch. */
interface BatchOutcome {
  readonly decisions: ReadonlyMap<CanonicalTicket, Decided>;
  readonly conflicting: ReadonlySet<CanonicalTicket>;
  /** Names of the contents that were not quarantined before; each is taken out by the first ticket of the batch that has it. */
  readonly first: Set<string>;
  readonly refused: ReadonlyMap<CanonicalTicket, Faults>;
}

function takenOf(canonical: CanonicalTicket, { decisions, conflicting, first, refused }: BatchOutcome): Taken {
  const { key, hash } = canonical;
  const decided = decisions.get(canonical);
  if (decided) return takenFresh(canonical, decided);
  const faults = refused.get(canonical);
  if (faults) return { key, status: 'refused', faults };
  return conflicting.has(canonical)
    ? { key, status: 'quarantined', first: first.delete(contentName(key, hash)) } : { key, status: 'duplicate' };
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
