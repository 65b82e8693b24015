import { localId } from '@trebol/contracts';
import { z } from 'zod';

/** Scopes of one key; more are a mistake. */
const SCOPES_MAX = 50;

const NAME_CHARACTERS_MAX = 120;

/** `resource:verb`, or `*`. Whether it is one that exists is known only where routes are. */
const scope = z.string().regex(/^(\*|[a-z][a-z-]*:[a-z][a-z-]*)$/, 'Must be a scope such as "members:write"');

/** What any key must be, however it is made: by HTTP, by the command line, by a process for itself. */
export const newKey = z.strictObject({
  tenant: localId,
  name: z.string().trim().min(1).max(NAME_CHARACTERS_MAX),
  kind: z.enum(['test', 'live']),
  scopes: z.array(scope).min(1).max(SCOPES_MAX).refine((listed) => new Set(listed).size === listed.length, 'Each scope may be named once'),
  /** The only store the key speaks for. */
  storeId: localId.optional(),
  /** First instant at which the key is no longer in force, milliseconds; absent: until it is revoked. */
  expiresAt: z.int().min(0).optional(),
});

/** What a key is made for; `newKey` has the limits. */
export interface NewApiKey {
  readonly tenant: string;
  readonly name: string;
  readonly kind: 'test' | 'live';
  readonly scopes: readonly string[];
  readonly storeId?: string | undefined;
  readonly expiresAt?: number | undefined;
}
