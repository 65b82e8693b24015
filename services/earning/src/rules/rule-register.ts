import { createHash } from 'node:crypto';
import { defaultProgramme, type Programme } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { ActivationFaultCode } from '../reasons.ts';
import type { RuleBook, RuleBooks, RuleSet, RuleVersion } from '../rule-set.ts';
import { inTransaction, rowsOf, rowsOfPrepared } from '../transaction.ts';
import { firstRulesOf } from './default-programme.ts';
import { type Misfit, misfitOf } from './programme-fit.ts';

/** Rule books kept in memory: one per tenant in use; a miss costs one small query. */
const BOOKS_KEPT_MAX = 1_000;

/** A version with where it stands. Instants in milliseconds. */
export interface RegisteredVersion extends RuleVersion {
  readonly sha: string;
  readonly appliedAt: number | null;
  /** First instant in force; null: not activated. The default programme has none and counts as always activated. */
  readonly validFrom: number | null;
}

export type ApplyResult =
  | { readonly status: 'applied' | 'unchanged' | 'wouldApply'; readonly version: RegisteredVersion }
  | ({ readonly status: 'refused'; readonly reason: 'doesNotFitProgramme' } & Misfit);

export type ActivateResult =
  | { readonly status: 'activated'; readonly version: RegisteredVersion }
  | { readonly status: 'refused'; readonly reason: 'notFound' | ActivationFaultCode }
  | ({ readonly status: 'refused'; readonly reason: 'doesNotFitProgramme' } & Misfit);

interface VersionRow { version: number; sha: string; body: string; applied_at: Date; valid_from: Date | null }

const GENERATION = {
  name: 'earning.rule-generation',
  text: `SELECT count(*) || '/' || count(valid_from) AS generation FROM earning.rule_version WHERE tenant = $1`,
};

interface CachedBook { readonly generation: string; readonly book: RuleBook }

/** Fingerprint of what a rule set says, whatever the layout of its file. */
export const shaOf = (ruleSet: RuleSet): string =>
  createHash('sha256').update(JSON.stringify([ruleSet.programme, ruleSet.rules])).digest('hex');

/**
 * The numbered versions of each tenant's rules. A version never changes; it is applied (gets its number) and then activated from an
 * instant on. Version 1 is the default programme and is not stored. A version that does not fit the settings of the programme is refused
 * when it is applied, and again when it is activated: settings may have changed in between.
 */
export class RuleRegister implements RuleBooks {
  private readonly books = new Map<string, CachedBook>();

  private readonly first: RegisteredVersion;

  constructor(
    private readonly dataSource: DataSource, private readonly clock: Clock, private readonly programme: Programme = defaultProgramme,
  ) {
    const first = firstRulesOf(programme);
    this.first = { ...first, sha: shaOf(first), appliedAt: null, validFrom: null };
  }

  /** All versions, the default programme first. */
  async list(tenant: string): Promise<readonly RegisteredVersion[]> {
    return inTransaction(this.dataSource, (client) => this.versionsOf(tenant, client));
  }

  /**
   * Gives a rule set the next number; one that was applied before keeps its number. Refused: what does not fit the programme.
   */
  async apply(tenant: string, ruleSet: RuleSet, options: { readonly dryRun: boolean }): Promise<ApplyResult> {
    return inTransaction(this.dataSource, async (client) => {
      await lockRules(tenant, client);
      const versions = await this.versionsOf(tenant, client);
      const misfit = misfitOf(ruleSet, this.programme);
      if (misfit !== undefined) return { status: 'refused', reason: 'doesNotFitProgramme', ...misfit };
      const sha = shaOf(ruleSet);
      const same = versions.find((version) => version.sha === sha);
      if (same) return { status: 'unchanged', version: same };
      const version: RegisteredVersion = {
        ...ruleSet, version: (versions.at(-1)?.version ?? this.first.version) + 1, sha, appliedAt: this.clock.now(), validFrom: null,
      };
      if (options.dryRun) return { status: 'wouldApply', version };
      await client.query(
        'INSERT INTO earning.rule_version (tenant, version, sha, body, applied_at) VALUES ($1, $2, $3, $4, $5)',
        [tenant, version.version, sha, JSON.stringify(ruleSet), new Date(this.clock.now())],
      );
      return { status: 'applied', version };
    });
  }

  /**
   * Puts a version in force from an instant on (default: now). Refused: in the past, twice, before a version that is already set to
   * begin, and what does not fit the programme as it is set now.
   */
  async activate(tenant: string, number: number, from?: number): Promise<ActivateResult> {
    return inTransaction(this.dataSource, async (client) => {
      await lockRules(tenant, client);
      const versions = await this.versionsOf(tenant, client);
      const version = versions.find((candidate) => candidate.version === number);
      if (!version) return { status: 'refused', reason: 'notFound' };
      if (number === this.first.version || version.validFrom !== null) return { status: 'refused', reason: 'alreadyActivated' };
      const misfit = misfitOf(version, this.programme);
      if (misfit !== undefined) return { status: 'refused', reason: 'doesNotFitProgramme', ...misfit };
      const now = this.clock.now();
      const validFrom = from ?? now;
      if (validFrom < now) return { status: 'refused', reason: 'inThePast' };
      if (
        versions.some((other) => other.validFrom !== null && other.validFrom >= validFrom)
      ) return { status: 'refused', reason: 'overlapsLater' };
      await client.query(
        'UPDATE earning.rule_version SET valid_from = $3 WHERE tenant = $1 AND version = $2',
        [tenant, number, new Date(validFrom)],
      );
      return { status: 'activated', version: { ...version, validFrom } };
    });
  }

  /**
   * The rule book as the client's transaction sees it. Versions only grow and are activated once, so two counts tell whether the
   * kept book is still right.
   */
  async bookOf(tenant: string, client: ClientBase): Promise<RuleBook> {
    const [counts] = await rowsOfPrepared<{ generation: string }>(client, GENERATION, [tenant]);
    const generation = counts?.generation ?? '';
    const kept = this.books.get(tenant);
    if (kept?.generation === generation) return kept.book;
    const book = bookFrom(await this.versionsOf(tenant, client), this.first);
    this.books.delete(tenant);
    this.books.set(tenant, { generation, book });
    for (const oldest of this.books.keys()) {
      if (this.books.size <= BOOKS_KEPT_MAX) break;
      this.books.delete(oldest);
    }
    return book;
  }

  /** Throws when a version that is in force, or set to begin, does not fit the programme as it is set now: its returns would be lost. */
  async checkProgramme(): Promise<void> {
    const tenants = await this.dataSource.query<{ tenant: string }[]>(
      'SELECT DISTINCT tenant FROM earning.rule_version WHERE valid_from IS NOT NULL');
    const now = this.clock.now();
    for (const { tenant } of tenants) {
      const versions = await this.list(tenant);
      const current = bookFrom(versions, this.first).inForceAt(now);
      for (const version of versions.filter(({ version: number, validFrom }) => number === current.version || (validFrom ?? 0) > now)) {
        const misfit = misfitOf(version, this.programme);
        if (misfit !== undefined) throw new Error(`rule version ${version.version} of ${tenant}, ${misfit.pointer}: ${misfit.message.en}`);
      }
    }
  }

  private async versionsOf(tenant: string, client: ClientBase): Promise<readonly RegisteredVersion[]> {
    const rows = await rowsOf<VersionRow>(
      client, 'SELECT version, sha, body, applied_at, valid_from FROM earning.rule_version WHERE tenant = $1 ORDER BY version', [tenant],
    );
    return [this.first, ...rows.map((row) => ({
      ...(JSON.parse(row.body) as RuleSet), version: row.version, sha: row.sha, appliedAt: row.applied_at.getTime(),
      validFrom: row.valid_from?.getTime() ?? null,
    }))];
  }
}

/** Numbers are given one after the other: the lock ends with the transaction. */
async function lockRules(tenant: string, client: ClientBase): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('earning.rule_version/' || $1, 0))`, [tenant]);
}

/** The version in force at an instant is the activated one that began last before it, else the first. */
function bookFrom(versions: readonly RegisteredVersion[], first: RuleVersion): RuleBook {
  const newestFirst = versions
    .filter((version) => version.validFrom !== null)
    .sort((left, right) => (right.validFrom ?? 0) - (left.validFrom ?? 0));
  const byNumber = new Map(versions.map((version) => [version.version, version]));
  return {
    inForceAt: (instant) => newestFirst.find((version) => (version.validFrom ?? 0) <= instant) ?? first,
    version(number) {
      const found = byNumber.get(number);
      if (!found) throw new Error(`rule version ${number} is named by a ticket but is not registered`);
      return found;
    },
  };
}
