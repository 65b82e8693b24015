/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { Caller, calendarOf, Documented, Problem, RequireScope, validated } from '@trebol/chassis';
import { currency, localId } from '@trebol/contracts';
import { z } from 'zod';
import '../problems.ts';
import type { Store } from '../store.ts';
import { StoreRegister } from './store-register.ts';

/** Stores in one page of the list. */
const PAGE_DEFAULT = 50;
const PAGE_MAX = 100;

const zone = z.string().max(60).refine(isZone, 'Must be an IANA zone such as Europe/Madrid');
const storeBody = z.strictObject({
  name: z.string().min(1).max(120), zone, currency, country: z.string().min(1).max(60), region: z.string().min(1).max(60).optional(),
});
const storeAnswer = storeBody.extend({ storeId: localId });
const pageQuery = z.strictObject({ cursor: localId.optional(), limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT) });
const pageAnswer = z.strictObject({ stores: z.array(storeAnswer), next: z.string().nullable() });

/** The store register: what zone and currency a store's tickets have. */
@Controller('v1/stores')
export class StoresController {
  constructor(@Inject(StoreRegister) private readonly register: StoreRegister) {}

  @Put(':id')
  @RequireScope('stores:write')
  @Documented({
    summary: 'Register a store, or replace what is known of it; currency and zone stay once it has tickets',
    answers: { 200: storeAnswer }, problems: ['storeInUse'],
  })
  async put(
    @Param('id', validated(localId)) storeId: string, @Body(validated(storeBody)) body: z.output<typeof storeBody>,
    @Caller() who: Caller,
  ): Promise<Store> {
    if (who.storeId !== undefined && who.storeId !== storeId) throw new Problem('forbidden', { scope: 'stores:write' });
    const result = await this.register.put(who.tenant, { storeId, ...body });
    if (result.status === 'refused') throw new Problem(result.reason, { storeId });
    return result.store;
  }

  @Get()
  @RequireScope('stores:read')
  @Documented({ summary: 'The stores, in order of id', answers: { 200: pageAnswer } })
  async list(
    @Query(validated(pageQuery)) page: z.output<typeof pageQuery>, @Caller() who: Caller,
  ): Promise<{ stores: readonly Store[]; next: string | null }> {
    const stores = await this.register.list(who.tenant, { after: page.cursor, limit: page.limit });
    return { stores, next: stores.length === page.limit ? stores.at(-1)?.storeId ?? null : null };
  }
}

function isZone(name: string): boolean {
  try {
    calendarOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
