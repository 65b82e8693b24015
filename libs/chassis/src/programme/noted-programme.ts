import type { RunsSql } from '../process/identifier-fingerprint.ts';
import type { Programme } from './programme.ts';

/** This process has other settings of the programme than the database, or settings that the wallets in it do not allow. */
export class OtherProgramme extends Error {
  override readonly name = 'OtherProgramme';
}

const NOTED = `SELECT value FROM access.installation WHERE name = 'programme'`;

/** One spelling of one programme. */
const textOf = ({ id, pointTypes, zone, reversalPolicy, returnWindowDays }: Programme): string => JSON.stringify({
  id, pointTypes: pointTypes.map((type) => ({ id: type.id, kind: type.kind })), zone, reversalPolicy, returnWindowDays,
});

/**
 * Notes the programme in schema `access`, so that separate processes can compare theirs. Policy and window may change, types may be added;
 * the currency and what was noted of a type stay, because wallets are named and filled by them (`OtherProgramme`).
 */
export async function rememberProgramme(access: RunsSql, programme: Programme): Promise<void> {
  await access.query('CREATE TABLE IF NOT EXISTS access.installation (name text PRIMARY KEY, value text NOT NULL)');
  const [noted] = await access.query<{ value: string }[]>(NOTED);
  if (noted !== undefined) refuseOtherTypes(JSON.parse(noted.value) as Pick<Programme, 'pointTypes'>, programme);
  await access.query(
    `INSERT INTO access.installation (name, value) VALUES ('programme', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [textOf(programme)]
  );
}

/** For a role that may only read: refuses settings that differ from the noted ones. A database where none are noted is taken as it is. */
export async function checkProgramme(access: RunsSql, programme: Programme): Promise<void> {
  const [noted] = await access.query<{ value: string }[]>(NOTED);
  if (noted === undefined || noted.value === textOf(programme)) return;
  throw new OtherProgramme(
    `the programme of this database is ${noted.value}, that of this process ${textOf(programme)}: give every process the same variables, `
    + 'and run `trebol db roles` with them first'
  );
}

function refuseOtherTypes(noted: Pick<Programme, 'pointTypes'>, { pointTypes, currency }: Programme): void {
  const kinds = new Map(pointTypes.map(({ id, kind }) => [id, kind]));
  const changed = noted.pointTypes.filter(({ id, kind }) => kinds.get(id) !== kind).map(({ id }) => id);
  if (changed.length > 0) {
    throw new OtherProgramme(`TREBOL_POINT_TYPES: ${changed.join(', ')} cannot be taken out or become another kind: wallets hold some`);
  }
  const before = noted.pointTypes.find(({ kind }) => kind === 'spendable')?.id;
  if (before !== currency) throw new OtherProgramme(`TREBOL_POINT_TYPES: ${before ?? ''} is the currency and has to stay the first spendable type`);
}
