import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MemberFact, TicketFact } from '../facts.ts';
import { FactStore, readPositions } from '../keep-facts/fact-store.ts';
import { ticketFact } from '../keep-facts/ticket.fixture.ts';
import type { RfmDefinition, RfmOutcome, ScoredMember } from '../run-record.ts';
import { rf25 } from '../segment-map/rf25.ts';
import { cellsOf } from '../segment-map/segment-map.ts';
import { referenceRfm } from './reference-rfm.ts';
import { scoreRfm } from './score-rfm.ts';

const DAY_MS = 86_400_000;
const cells = cellsOf(rf25);
const groupOf = ({ r, f }: { r: number; f: number }): string => cells.get(`${r}${f}`) ?? '';

const anyMemberId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const anyLine = fc.record({
  sku: fc.constant('x'), quantity: fc.integer({ min: -1, max: 3 }), unitPrice: fc.constantFrom(undefined, '0', '0.001', '1.5',
    '-2'), amount: fc.integer({ min: 0, max: 6 }),
});
const anyTicket = fc.record({
  type: fc.constantFrom('sale', 'sale', 'sale', 'sale', 'return', 'void'), status: fc.constantFrom('posted', 'noMember', 'tooOld',
    'quarantined', 'duplicate'),
  memberId: fc.option(anyMemberId, { nil: undefined }), day: fc.integer({ min: 0, max: 40 }), hour: fc.integer({ min: 0, max: 23 }),
  original: fc.option(fc.nat({ max: 30 }), { nil: undefined }), lines: fc.array(anyLine, { maxLength: 3 }),
});
const anyMember = fc.record({
  memberId: anyMemberId, version: fc.constant(1), status: fc.constantFrom('active', 'active', 'blocked', 'merged', 'erased'),
  mergedInto: fc.option(anyMemberId, { nil: undefined }),
});
const anyDefinition: fc.Arbitrary<RfmDefinition> = fc.record({
  asOf: fc.integer({ min: 0, max: 45 * 24 }).map((hours) => Date.parse('2026-01-01T00:00:00Z') + hours * 3_600_000),
  zone: fc.constantFrom('UTC', 'Europe/Madrid', 'Pacific/Auckland'), window: fc.oneof(fc.constant('allTime' as const),
    fc.record({ days: fc.integer({ min: 1, max: 30 }) })),
  purchase: fc.constantFrom('receipt', 'distinctDay'), lineFilters: fc.constant({ quantityAbove: 0, unitPriceAbove: 0 }),
  currency: fc.constant('EUR'),
  cutpoints: fc.constantFrom({ kind: 'computed' as const },
    { kind: 'frozen' as const, fromRun: 'run_x', cutpoints: { recencyDays: [1, 5, 9, 20], orders: [1, 1, 2, 3], amountMinor: [2, 4,
      6, 8] } }),
});

const keyOf = (day: string, index: number): string => `12~3~${day}~${index}`;
const dayText = (day: number): string => new Date(Date.parse('2026-01-01T00:00:00Z') + day * DAY_MS).toISOString().slice(0, 10);

describe('scores', () => {
  let folder: string;
  let store: FactStore;
  let tenants = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trebol-facts-'));
    store = await FactStore.open({ dataFolder: folder });
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const freshTenant = (): string => `t${(tenants += 1)}`;
  const score = async (tenant: string, definition: RfmDefinition): Promise<{ outcome: RfmOutcome; members: ScoredMember[] }> => {
    const members: ScoredMember[] = [];
    const outcome = await scoreRfm(store, { tenant, definition, map: rf25, cells, positions: readPositions },
      async (more) => { members.push(...more); });
    return { outcome, members };
  };
  const scoresOfAll = (tickets: readonly TicketFact[], definition: RfmDefinition) => async (tenant: string) => {
    await store.apply({ tickets: tickets.map((ticket) => ({ ...ticket, tenant })) });
    return score(tenant, definition);
  };
  const allTime: RfmDefinition = {
    asOf: Date.parse('2026-03-01T00:00:00Z'), zone: 'Europe/Madrid', window: 'allTime', purchase: 'receipt',
    lineFilters: { quantityAbove: 0, unitPriceAbove: 0 }, currency: undefined, cutpoints: { kind: 'computed' },
  };

  it('given any facts in any order, when scored in SQL, then the scores are those of the reference, and equal values score equally',
    async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(anyTicket, { maxLength: 30 }), fc.uniqueArray(anyMember, { selector: (each) => each.memberId }), anyDefinition,
      fc.infiniteStream(fc.nat()),
      async (...[drawn, register, definition, dice]) => {
        const tickets: TicketFact[] = drawn.map(({ day, hour, original, lines, ...ticket }, index) => ticketFact({
          ...ticket, transactionKey: keyOf(dayText(day), index), localDay: dayText(day),
          occurredAt: Date.parse(dayText(day)) + hour * 3_600_000,
          originalKey: original === undefined || !drawn[original] ? undefined : keyOf(dayText(drawn[original].day), original),
          lines: lines.map((line, at) => ({ ...line, line: at + 1 })),
        }));
        const members = register.map((each): MemberFact => ({ ...each, tenant: '' }));
        const expected = referenceRfm({ tickets, members }, definition, groupOf);
        const hashes: string[] = [];
        for (const arranged of [tickets, tickets.map((ticket) => ({ ticket, at: dice.next().value })).sort((a, b) =>
          a.at - b.at).map(({ ticket }) => ticket)]) {
          const tenant = freshTenant();
          await store.apply({ tickets: arranged.map((ticket) => ({ ...ticket, tenant })), members: members.map((each) => ({ ...each,
            tenant })) });
          const found = await score(tenant, definition);
          expect(found.members).toEqual(expected.members);
          if (found.outcome.kind !== 'scored') expect([found.outcome.kind, expected.members]).toEqual(['nothingToScore', []]);
          else {
            expect(found.outcome.figures.cutpoints).toEqual(expected.cutpoints);
            hashes.push(found.outcome.figures.facts.inputsHash);
          }
        }
        expect(new Set(hashes).size).toBeLessThanOrEqual(1);
        for (const [axis, value] of [['r', 'recencyDays'], ['f', 'orders'], ['m', 'amountMinor']] as const) {
          const scoreOf = new Map(expected.members.map((each) => [each[value], each[axis]]));
          expect(expected.members.every((each) => scoreOf.get(each[value]) === each[axis])).toBe(true);
        }
      }), { numRuns: 60 });
  }, 60_000);

  it('given a sale, when it is voided, merged away or its member erased, then the run counts what is left', async () => {
    const tenant = freshTenant();
    const sale = (index: number, memberId: string | undefined): TicketFact => ticketFact({ tenant,
      transactionKey: keyOf('2026-02-10', index), memberId });
    await store.apply({
      tickets: [sale(1, 'a'), sale(2, 'a'), sale(3, 'b'), sale(4, 'c'), sale(5, undefined),
        { ...sale(6, 'a'), type: 'void', lines: [], originalKey: keyOf('2026-02-10', 2) }],
      members: [{ tenant, memberId: 'b', version: 1, status: 'merged', mergedInto: 'a' }, { tenant, memberId: 'c', version: 1,
        status: 'erased' }],
    });
    const { outcome, members } = await score(tenant, allTime);
    expect(members).toEqual([expect.objectContaining({ memberId: 'a', orders: 2, amountMinor: 2500, recencyDays: 19 })]);
    expect(outcome).toMatchObject({ kind: 'scored', figures: { identifiedShare: { lines: { identified: 6, all: 8,
      basisPoints: 7500 } } } });
  });

  it('given sales in two currencies, when none is named, then the run is refused; when one is, then only its sales count', async () => {
    const tickets = [ticketFact({ transactionKey: keyOf('2026-02-10', 1) }), ticketFact({ transactionKey: keyOf('2026-02-10', 2),
      currency: 'GBP' })];
    const tenant = freshTenant();
    expect((await scoresOfAll(tickets, allTime)(tenant)).outcome).toEqual({ kind: 'currencyAmbiguous', currencies: ['EUR', 'GBP'] });
    expect((await score(tenant, { ...allTime, currency: 'GBP' })).members).toEqual([expect.objectContaining({ orders: 1 })]);
  });

  it('given no purchase before the instant, when scored, then there is nothing to score and nobody is handed over', async () => {
    const found = await scoresOfAll([ticketFact()], { ...allTime, asOf: Date.parse('2026-02-10T10:00:00Z') })(freshTenant());
    expect(found).toEqual({ outcome: { kind: 'nothingToScore' }, members: [] });
  });
});
