import { Problem } from '@trebol/chassis';
import type { DataSource } from 'typeorm';
import type { Profile } from './answers.ts';

type Row = { readonly [Key in keyof Profile]-?: Profile[Key] | null };

// One round trip: the database writes the whole profile.
const PROFILE = `SELECT m.member_id AS "memberId", m.status, m.version, m.enrolled_at AS "enrolledAt", m.changed_at AS "changedAt",
  m.merged_into AS "mergedInto", m.external_id AS "externalId", p.name, p.email, p.phone, p.birth_date::text AS "birthDate", m.language, m.home_store AS "homeStore",
  m.referral_code AS "referralCode",
  (SELECT coalesce(json_agg(json_build_object('kind', i.kind, 'value', i.value, 'status', i.status)
     ORDER BY i.created_at, i.kind, i.value), '[]')
   FROM enrollment.identifier i WHERE i.tenant = m.tenant AND i.member_id = m.member_id) AS identifiers,
  (SELECT coalesce(json_agg(json_build_object('purpose', c.purpose, 'channel', c.channel, 'granted', c.granted,
     'textVersion', c.text_version, 'recordedAt', c.created_at) ORDER BY c.purpose, c.channel), '[]')
   FROM (SELECT DISTINCT ON (purpose, channel) * FROM enrollment.consent
         WHERE tenant = m.tenant AND member_id = m.member_id ORDER BY purpose, channel, version DESC) AS c) AS consents
  FROM enrollment.member m LEFT JOIN enrollment.person p USING (tenant, member_id)
  WHERE m.tenant = $1 AND m.member_id =`;

const BY_TOKEN = '(SELECT member_id FROM enrollment.identifier WHERE tenant = $1 AND token = $2)';

/** Whose profile: by our id, or by the token of what the member shows. */
export type Wanted = { readonly memberId: string } | { readonly token: string };

/** The whole profile, personal data and all, in one round trip. Refusal: `memberNotFound`. */
export async function readProfile(dataSource: DataSource, tenant: string, wanted: Wanted): Promise<Profile> {
  const [row]: Row[] = 'memberId' in wanted
    ? await dataSource.query(`${PROFILE} $2`, [tenant, wanted.memberId])
    : await dataSource.query(`${PROFILE} ${BY_TOKEN}`, [tenant, wanted.token]);
  if (!row) throw new Problem('memberNotFound');
  const { enrolledAt, changedAt, consents, ...rest } = row;
  // Absent is left out, never null.
  const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  return {
    ...present, enrolledAt: rfc3339(enrolledAt), changedAt: rfc3339(changedAt),
    consents: (consents ?? []).map((consent) => ({ ...consent, recordedAt: rfc3339(consent.recordedAt) })),
  } as unknown as Profile;
}

const rfc3339 = (at: Date | string | null): string => new Date(at ?? 0).toISOString();
