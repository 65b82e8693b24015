import { Body, Controller, Delete, type DynamicModule, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { instant, localId, prefixedId } from '@trebol/contracts';
import { z } from 'zod';
import { Documented } from '../http/documented.ts';
import { Background } from '../lifecycle/background.ts';
import { withApplication } from '../lifecycle/background-lifetime.ts';
import { Problem } from '../problems/problem.ts';
import { validated } from '../validation/validated.ts';
import { ApiKeys, type ListedApiKey } from './api-keys.ts';
import { Caller, EVERY_SCOPE } from './caller.ts';
import { forgetKeys } from './forget-keys.ts';
import { newKey } from './new-key.ts';
import { RequireScope } from './route-scope.ts';
import { unknownScopes } from './scopes.ts';

const keyId = prefixedId('key');

/** The tenant of a new key is that of the key that makes it. */
const wantedKey = newKey.omit({ tenant: true, expiresAt: true }).extend({ expiresAt: instant.optional() });

const keysQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50), cursor: keyId.optional(),
  state: z.enum(['inForce', 'all']).default('inForce'),
});

const keyAnswer = z.strictObject({
  keyId, prefix: z.string(), name: z.string(), scopes: z.array(z.string()), storeId: localId.nullable(),
  createdAt: instant, expiresAt: instant.nullable(), revokedAt: instant.nullable(),
});
const keysAnswer = z.strictObject({ items: z.array(keyAnswer), next: keyId.nullable() });
const madeAnswer = z.strictObject({ keyId, key: z.string().describe('shown this once and kept nowhere') });

const shown = ({ createdAt, expiresAt, revokedAt, ...key }: ListedApiKey): z.output<typeof keyAnswer> => ({
  ...key, scopes: [...key.scopes], createdAt: createdAt.toISOString(), expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});

/** API keys of the caller's tenant, made and ended while the platform runs. */
@Controller('v1/keys')
@RequireScope('keys:admin')
export class KeysController {
  readonly #keys: ApiKeys;
  readonly #module: ModuleRef;

  constructor(@Inject(ApiKeys) keys: ApiKeys, @Inject(ModuleRef) module: ModuleRef) {
    this.#keys = keys;
    this.#module = module;
  }

  @Get()
  @Documented({ summary: 'API keys, newest first, without their text', answers: { 200: keysAnswer } })
  async list(@Query(validated(keysQuery)) query: z.output<typeof keysQuery>, @Caller() who: Caller): Promise<z.output<typeof keysAnswer>> {
    const { limit, cursor, state } = query;
    const page = await this.#keys.page(who.tenant, { limit: limit + 1, after: cursor, ended: state === 'all' });
    const items = page.slice(0, limit).map(shown);
    return { items, next: page.length > limit ? items.at(-1)?.keyId ?? null : null };
  }

  @Post()
  @Documented({
    summary: 'Make a key; its text is in this answer and nowhere else', answers: { 201: madeAnswer },
    problems: ['scopeNotHeld', 'unknownScope'],
  })
  async create(
    @Body(validated(wantedKey)) wanted: z.output<typeof wantedKey>, @Caller() who: Caller,
  ): Promise<z.output<typeof madeAnswer>> {
    this.#refuseMoreThanHeld(wanted, who);
    const unknown = unknownScopes(this.#module, wanted.scopes);
    if (unknown.length > 0) throw new Problem('unknownScope', { scope: unknown.join(', ') });
    const expiresAt = wanted.expiresAt === undefined ? undefined : Date.parse(wanted.expiresAt);
    try {
      return await this.#keys.create({ ...wanted, expiresAt, tenant: who.tenant });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const message = { en: 'an instant that has not passed', es: 'un instante que no haya pasado' };
      throw new Problem('invalidRequest', { errors: [{ pointer: '/expiresAt', message }] });
    }
  }

  @Delete(':id')
  @HttpCode(204)
  @Documented({
    summary: 'End a key: here at once, in other processes within a minute', answers: { 204: null }, problems: ['keyNotFound', 'keyInUse'],
  })
  async revoke(@Param('id', validated(keyId)) id: string, @Caller() who: Caller): Promise<void> {
    if (id === who.keyId) throw new Problem('keyInUse');
    if (!await this.#keys.revoke(who.tenant, id)) throw new Problem('keyNotFound', { keyId: id });
  }

  /** Nobody makes a key that may do more than their own. */
  #refuseMoreThanHeld(wanted: z.output<typeof wantedKey>, who: Caller): void {
    const beyond = who.scopes.includes(EVERY_SCOPE) ? [] : wanted.scopes.filter((scope) => !who.scopes.includes(scope));
    if (beyond.length > 0) throw new Problem('scopeNotHeld', { scope: beyond.join(', ') });
    if (who.storeId !== undefined && wanted.storeId !== who.storeId) {
      const message = { en: `must be the store of your key: ${who.storeId}`, es: `debe ser la tienda de su clave: ${who.storeId}` };
      throw new Problem('invalidRequest', { errors: [{ pointer: '/storeId', message }] });
    }
  }
}

class KeysModule {}

/** Module of the three routes over the keys that the guard verifies, so that an end holds at once; it also forgets keys long ended. */
export function keysModule(keys: ApiKeys): DynamicModule {
  return {
    module: KeysModule, controllers: [KeysController], providers: [
      { provide: ApiKeys, useValue: keys }, withApplication(new Background().add('forget keys', forgetKeys(keys))),
    ],
  };
}
