import type { ClientBase } from 'pg';

/** Finds who is behind the token of an identifier. */
export interface MemberLookup {
  /**
   * Active members by token (or by their own id); merged ones answer with the member they became. Tokens that nobody may earn with
   * are left out.
   */
  membersOf(tenant: string, tokens: readonly string[], client: ClientBase): Promise<ReadonlyMap<string, string>>;
}
