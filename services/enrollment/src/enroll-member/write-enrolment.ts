import { sampledTraceparent } from '@trebol/chassis';
import type { DataSource } from 'typeorm';
import type { GivenConsent } from '../request-fields.ts';
import type { Identifier } from '../identifiers.ts';

/** All rows of one enrolment. */
export interface EnrolmentRows {
  readonly tenant: string;
  readonly memberId: string;
  readonly at: Date;
  readonly by: string;
  readonly language: string;
  readonly homeStore: string | null;
  readonly birthMonth: number | null;
  readonly externalId: string | null;
  readonly requestKey: string | null;
  readonly hash: Buffer;
  readonly referralCode: string;
  readonly referredBy: string | null;
  readonly person: Readonly<Record<'name' | 'email' | 'phone' | 'birthDate', string | null>>;
  readonly identifiers: readonly (Identifier & { readonly issued: boolean })[];
  readonly consents: readonly GivenConsent[];
  readonly message: string;
}

// One statement is one transaction and one round trip. The member's row is the guard: where its key, external id or code is taken
// nothing else is written either. An identifier that is taken fails the whole statement (`identifier_pk`).
const ENROL = `
WITH enrolled AS (
  INSERT INTO enrollment.member (tenant, member_id, status, version, language, home_store, birth_month, external_id, request_key,
    request_hash, referral_code, referred_by, enrolled_at, created_by, changed_at, changed_by)
  VALUES ($1, $2, 'active', 1, $5, $6, $7, $8, $9, $10, $11, $12, $3, $4, $3, $4)
  ON CONFLICT DO NOTHING RETURNING tenant, member_id
), person AS (
  INSERT INTO enrollment.person (tenant, member_id, name, email, phone, birth_date, created_at, created_by, changed_at, changed_by)
  SELECT tenant, member_id, $13, $14, $15, $16::date, $3, $4, $3, $4 FROM enrolled
), identifiers AS (
  INSERT INTO enrollment.identifier (tenant, token, kind, value, member_id, status, issued, created_at, created_by, changed_at, changed_by)
  SELECT tenant, given.token, given.kind, given.value, member_id, 'active', given.issued, $3, $4, $3, $4
  FROM enrolled, unnest($17::text[], $18::text[], $19::text[], $20::bool[]) AS given (token, kind, value, issued)
), consents AS (
  INSERT INTO enrollment.consent (tenant, member_id, purpose, channel, version, granted, text_version, created_at, created_by)
  SELECT tenant, member_id, given.purpose, given.channel, 1, given.granted, given.text_version, $3, $4
  FROM enrolled, unnest($21::text[], $22::text[], $23::bool[], $24::text[]) AS given (purpose, channel, granted, text_version)
), outbox AS (
  INSERT INTO enrollment.outbox (tenant, member_id, version, body, created_at, traceparent)
  SELECT tenant, member_id, 1, $25, $3, $26 FROM enrolled
)
SELECT count(*)::int AS enrolled FROM enrolled`;

/**
 * Writes an enrolment wholly or not at all. `clash`: key, external id or referral code are taken, nothing was written.
 * `identifierTaken`: one of the identifiers is another member's (or a card number drawn is in use), nothing was written.
 */
export async function writeEnrolment(dataSource: DataSource, rows: EnrolmentRows): Promise<'enrolled' | 'clash' | 'identifierTaken'> {
  // In token order, so that two enrolments which share identifiers wait for each other in one direction only.
  const identifiers = rows.identifiers.toSorted((a, b) => (a.token < b.token ? -1 : 1));
  const { person, consents } = rows;
  try {
    const [written]: { enrolled: number }[] = await dataSource.query(ENROL, [
      rows.tenant, rows.memberId, rows.at, rows.by, rows.language, rows.homeStore, rows.birthMonth, rows.externalId, rows.requestKey,
      rows.hash, rows.referralCode, rows.referredBy,
      person.name, person.email, person.phone, person.birthDate,
      identifiers.map(({ token }) => token), identifiers.map(({ kind }) => kind),
      identifiers.map(({ value }) => value), identifiers.map(({ issued }) => issued),
      consents.map(({ purpose }) => purpose), consents.map(({ channel }) => channel),
      consents.map(({ granted }) => granted), consents.map(({ textVersion }) => textVersion),
      rows.message, sampledTraceparent() ?? null,
    ]);
    return written?.enrolled === 1 ? 'enrolled' : 'clash';
  } catch (error) {
    if (isIdentifierTaken(error)) return 'identifierTaken';
    throw error;
  }
}

/** True for the unique violation of the identifier table, and no other. */
export function isIdentifierTaken(error: unknown): boolean {
  const cause: unknown = error instanceof Error && 'driverError' in error ? error.driverError : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === '23505'
    && 'constraint' in cause && cause.constraint === 'identifier_pk';
}
