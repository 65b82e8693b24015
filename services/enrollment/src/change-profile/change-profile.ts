import { Problem, identifierToken } from '@trebol/chassis';
import type { DataSource } from 'typeorm';
import type { Profile } from '../answers.ts';
import type { Change, Changed, MemberChanges } from '../change-member.ts';
import { type Identifier, type Spelling, type Unusable, spell } from '../identifiers.ts';
import { linkRows } from '../link-rows.ts';
import { checkBirthDate, unusableFields } from '../problems.ts';
import { readProfile } from '../read-profile.ts';
import { CONSENTS_PER_MEMBER_MAX } from '../request-fields.ts';
import type { Settings, Who } from '../settings.ts';
import { type Person, type ProfileChange, type ProfileDecision, type SpelledChange, decideProfile } from './decide-profile.ts';

type PersonRow = Readonly<Record<'name' | 'email' | 'phone' | 'birth_date', string | null>>;

const READ = 'SELECT name, email, phone, birth_date::text FROM enrollment.person WHERE tenant = $1 AND member_id = $2';
const WRITE = `UPDATE enrollment.person SET name = $3, email = $4, phone = $5, birth_date = $6, changed_at = $7, changed_by = $8
  WHERE tenant = $1 AND member_id = $2`;
const UNLINK = `DELETE FROM enrollment.identifier WHERE tenant = $1 AND member_id = $2 AND token = ANY($3) AND status = 'active'`;
const ANSWER = `INSERT INTO enrollment.consent (tenant, member_id, purpose, channel, version, granted, text_version, created_at, created_by)
  SELECT $1, $2, given.purpose, given.channel, $3, given.granted, given.text_version, $4, $5
  FROM unnest($6::text[], $7::text[], $8::bool[], $9::text[]) AS given (purpose, channel, granted, text_version)`;

/** Changes what a profile says and what the member consents to. */
export class ChangeProfile {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly changes: MemberChanges) {}

  /**
   * Applies a merge patch and answers with the profile; the same patch again changes nothing.
   * Refusals: `invalidRequest`, `memberNotFound`, `memberNotActive`, `identifierTaken`, `identifierBlocked`, `memberLimitReached`.
   */
  async change(memberId: string, patch: ProfileChange, who: Who): Promise<Profile> {
    const how = this.settings.spelling(who.tenant);
    const now = this.settings.clock.now();
    const asked = spelled(patch, how);
    checkBirthDate(patch.birthDate, now);
    await this.changes.change({ memberId, who, now }, async (change): Promise<Changed<void>> => {
      const decision = decideProfile(await readPerson(change, how), change.state, asked);
      if (!decision) return { answer: undefined };
      return { answer: undefined, next: { change: decision.change, state: await write(change, decision) } };
    });
    return readProfile(this.dataSource, who.tenant, { memberId });
  }
}

function spelled(patch: ProfileChange, how: Spelling): SpelledChange {
  const { email, phone, ...rest } = patch;
  const unusable: { pointer: string; why: Unusable }[] = [];
  const spellField = (kind: 'email' | 'phone', value: string | null | undefined): Identifier | null | undefined => {
    if (value === null || value === undefined) return value;
    const identifier = spell({ kind, value }, how);
    if (typeof identifier !== 'string') return identifier;
    unusable.push({ pointer: `/${kind}`, why: identifier });
    return undefined;
  };
  const asked = { ...rest, email: spellField('email', email), phone: spellField('phone', phone) };
  if (unusable.length > 0) throw unusableFields(unusable);
  return asked;
}

async function readPerson(change: Change, how: Spelling): Promise<Person> {
  const [row]: PersonRow[] = await change.manager.query(READ, [change.tenant, change.memberId]);
  const stored = (kind: 'email' | 'phone', value: string | null | undefined): Identifier | null =>
    typeof value === 'string' ? { kind, value, token: identifierToken(how.key, how.tenant, { kind, value }) } : null;
  return {
    name: row?.name ?? null, birthDate: row?.birth_date ?? null, email: stored('email', row?.email), phone: stored('phone', row?.phone),
  };
}

async function write(change: Change, decision: ProfileDecision): Promise<ProfileDecision['state']> {
  const { manager, tenant, memberId, at, by } = change;
  const { person, consents, unlink } = decision;
  if (decision.state.consents.length > CONSENTS_PER_MEMBER_MAX) {
    throw new Problem('memberLimitReached', { limit: 'consents', max: CONSENTS_PER_MEMBER_MAX });
  }
  if (unlink.length > 0) await manager.query(UNLINK, [tenant, memberId, unlink.map(({ token }) => token)]);
  const state = await linkRows(change, decision.state, { identifiers: decision.link, issued: false });
  if (decision.change === 'profileChanged') {
    await manager.query(WRITE, [
      tenant, memberId, person.name, person.email?.value ?? null, person.phone?.value ?? null, person.birthDate, at, by,
    ]);
  }
  if (consents.length > 0) {
    await manager.query(ANSWER, [
      tenant, memberId, change.state.version + 1, at, by,
      consents.map(({ purpose }) => purpose), consents.map(({ channel }) => channel),
      consents.map(({ granted }) => granted), consents.map(({ textVersion }) => textVersion),
    ]);
  }
  return state;
}
