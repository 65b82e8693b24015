import { explanation as explanationSchema, type Language, renderStep } from '@trebol/contracts';
import type { WalletBalance, WalletId } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { BalanceRow } from '../balance.entity.ts';
import { EntryRow } from '../entry.entity.ts';
import { reasonOf } from './reasons.ts';

/** One movement of a wallet as people read it. */
export interface EntryAnswer {
  readonly entryId: string;
  readonly revision: number;
  readonly kind: string;
  /** What happened, in a word or two. */
  readonly reason: string;
  /** Change of what the member owns: 0 when points were only set aside or let go. */
  readonly points: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly source?: { readonly kind: string; readonly key: string };
  /** Why, sentence by sentence. */
  readonly explanation: readonly string[];
  /** The wallet right after. */
  readonly balance: Pick<WalletBalance, 'available' | 'pending' | 'held' | 'debt' | 'feeDue'>;
}

/** `GET /v1/members/{id}/entries`: newest first. */
export interface EntriesAnswer {
  readonly memberId: string;
  readonly entries: readonly EntryAnswer[];
  /** Hand it back as `cursor` for the entries before these; null at the end. */
  readonly next: string | null;
  /** Up to which revision of the wallet entries are there, and when that one was recorded. */
  readonly revision: number;
  readonly asOf: string | null;
}

export interface EntriesQuery {
  /** Happened at or after, milliseconds. */
  readonly from?: number | undefined;
  /** Happened before, milliseconds. */
  readonly to?: number | undefined;
  /** Only revisions below this one: where the page before ended. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface ShowEntriesParts {
  readonly dataSource: DataSource;
  /** Waits, for a bounded time, until the entries cover what is in the log. */
  readonly fresh: () => Promise<void>;
}

/** Statement lines from the read model. The answer says how far they go; normally the reader's own last write is among them. */
export class ShowEntries {
  constructor(private readonly parts: ShowEntriesParts) {}

  async list(wallet: WalletId, query: EntriesQuery, language: Language): Promise<EntriesAnswer> {
    await this.parts.fresh();
    const key = { tenant: wallet.tenant, memberId: wallet.member, programme: wallet.programme, pointType: wallet.pointType };
    // How far first: entries that come in between the two reads only make the list longer than it claims to be.
    const covered = await this.parts.dataSource.getRepository(BalanceRow)
      .findOne({ select: { tenant: true, revision: true, asOf: true }, where: key });
    const rows = await this.page(key, query);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      memberId: wallet.member,
      entries: shown.map((row) => entryAnswer(row, language)),
      next: rows.length > query.limit && last !== undefined ? cursorOf(last.revision) : null,
      revision: covered?.revision ?? 0, asOf: covered?.asOf.toISOString() ?? null,
    };
  }

  private page(key: Partial<EntryRow>, query: EntriesQuery): Promise<EntryRow[]> {
    const select = this.parts.dataSource.getRepository(EntryRow).createQueryBuilder('entry').where(key);
    if (query.before !== undefined) select.andWhere('entry.revision < :before', { before: query.before });
    if (query.from !== undefined) select.andWhere('entry.occurredAt >= :from', { from: new Date(query.from) });
    if (query.to !== undefined) select.andWhere('entry.occurredAt < :to', { to: new Date(query.to) });
    return select.orderBy('entry.revision', 'DESC').limit(query.limit + 1).getMany();
  }
}

function entryAnswer(row: EntryRow, language: Language): EntryAnswer {
  return {
    entryId: row.eventId, revision: row.revision, kind: row.kind, reason: reasonOf(row.kind, language), points: row.points,
    occurredAt: row.occurredAt.toISOString(), recordedAt: row.recordedAt.toISOString(),
    ...(row.sourceKind === null || row.sourceKey === null ? {} : { source: { kind: row.sourceKind, key: row.sourceKey } }),
    explanation: sentences(row.explanation, language),
    balance: {
      available: row.availableAfter, pending: row.pendingAfter, held: row.heldAfter, debt: row.debtAfter, feeDue: row.feeDueAfter,
    },
  };
}

/** Sentences of a recorded explanation; what this version cannot read is left out rather than failing the statement. */
function sentences(recorded: string | null, language: Language): string[] {
  if (recorded === null) return [];
  try {
    const read = explanationSchema.safeParse(JSON.parse(recorded));
    return read.success ? read.data.map((step) => renderStep(step, language)) : [];
  } catch {
    return [];
  }
}

const CURSOR_PREFIX = 'before:';

const cursorOf = (revision: number): string => Buffer.from(`${CURSOR_PREFIX}${revision}`).toString('base64url');

/** The revision a cursor stands for; undefined for text that is no cursor of ours. */
export function revisionOfCursor(cursor: string): number | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith(CURSOR_PREFIX)) return undefined;
  const revision = Number(text.slice(CURSOR_PREFIX.length));
  return Number.isSafeInteger(revision) && revision >= 1 ? revision : undefined;
}
