import type { DataSource } from 'typeorm';
import type { Profile } from '../answers.ts';
import { type IdentifierKind, spell } from '../identifiers.ts';
import { unusableFields } from '../problems.ts';
import { readProfile } from '../read-profile.ts';
import type { Settings } from '../settings.ts';

/** Reads profiles: by our id, or by what the member shows. */
export class FindMember {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource) {}

  /** Refusal: `memberNotFound`. */
  async byId(tenant: string, memberId: string): Promise<Profile> {
    return readProfile(this.dataSource, tenant, { memberId });
  }

  /**
   * By `kind:value`, blocked identifiers too (the answer says so). Refusals: `invalidRequest` for a value that cannot be an
   * identifier of its kind, `memberNotFound`.
   */
  async byIdentifier(tenant: string, kind: IdentifierKind, value: string): Promise<Profile> {
    const spelled = spell({ kind, value }, this.settings.spelling(tenant));
    if (typeof spelled === 'string') throw unusableFields([{ pointer: '/query/identifier', why: spelled }]);
    return readProfile(this.dataSource, tenant, { token: spelled.token });
  }
}
