import { ConsentRow, IdentifierRow, MemberRow, OutboxRow, PersonRow, RelayRow } from './entities.ts';
import { Members1764000000000 } from './migrations/1764000000000-members.ts';
import { Merges1764000000001 } from './migrations/1764000000001-merges.ts';
import { Traces1764000000002 } from './migrations/1764000000002-traces.ts';

/** What `openDataSource` needs to open enrollment's schema. */
export const enrollmentDatabase = {
  schema: 'enrollment',
  entities: [MemberRow, PersonRow, IdentifierRow, ConsentRow, OutboxRow, RelayRow],
  migrations: [Members1764000000000, Merges1764000000001, Traces1764000000002],
} as const;
