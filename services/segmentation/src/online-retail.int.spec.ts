import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TicketFact } from './facts.ts';
import { FactStore, readPositions } from './keep-facts/fact-store.ts';
import { KeepFacts } from './keep-facts/keep-facts.ts';
import { onlineRetail, ratedMessage } from './online-retail.fixture.ts';
import type { RfmDefinition, RfmFigures, ScoredMember } from './run-record.ts';
import { scoreRfm } from './score-rfm/score-rfm.ts';
import { rf25 } from './segment-map/rf25.ts';
import { cellsOf } from './segment-map/segment-map.ts';

/** `segmentation.md` §3: the complete log, to the start of 10 December 2011 in London. */
const definition: RfmDefinition = {
  asOf: Date.parse('2011-12-10T00:00:00Z'), zone: 'Europe/London', window: 'allTime', purchase: 'receipt',
  lineFilters: { quantityAbove: 0, unitPriceAbove: 0 }, currency: undefined, cutpoints: { kind: 'computed' },
};
const BATCH = 5_000;

describe('the Online Retail log, whole', () => {
  let folder: string;
  let facts: FactStore;
  let log: readonly TicketFact[];
  const folders: string[] = [];
  const stores: FactStore[] = [];

  const freshFacts = async (): Promise<FactStore> => {
    folder = await mkdtemp(join(tmpdir(), 'trebol-facts-'));
    folders.push(folder);
    const store = await FactStore.open({ dataFolder: folder });
    stores.push(store);
    return store;
  };
  const load = async (store: FactStore, tickets: readonly TicketFact[]): Promise<void> => {
    for (let at = 0; at < tickets.length; at += BATCH) await store.apply({ tickets: tickets.slice(at, at + BATCH) });
  };
  const scored = async (store: FactStore): Promise<{ figures: RfmFigures; members: ScoredMember[] }> => {
    const members: ScoredMember[] = [];
    const request = { tenant: 'main', definition, map: rf25, cells: cellsOf(rf25), positions: readPositions };
    const outcome = await scoreRfm(store, request, async (more) => { members.push(...more); });
    if (outcome.kind !== 'scored') throw new Error(outcome.kind);
    return { figures: outcome.figures, members };
  };

  beforeAll(async () => {
    log = onlineRetail();
    facts = await freshFacts();
    await load(facts, log);
  }, 60_000);
  afterAll(async () => {
    for (const store of stores) await store.close();
    for (const each of folders) await rm(each, { recursive: true });
  });

  it('given every row of the file, when facts are counted, then all rows and invoices are there', async () => {
    expect(await facts.factCounts()).toEqual({ tickets: 25_900, lines: 541_909, members: 0 });
  });

  it('given the log, when customers are scored, then every figure is the published one', async () => {
    const { figures, members } = await scored(facts);
    expect(figures.counts).toEqual({ lines: 397_884, members: 4_338, orders: 18_532, amountMinor: 891_140_790 });
    expect(figures.cutpoints).toEqual({ recencyDays: [13, 33, 72, 180], orders: [1, 2, 3, 6], amountMinor: [25_015, 49_022, 94_226,
      205_945] });
    expect(figures.scores).toEqual({ r: [861, 866, 863, 880, 868], f: [1493, 835, 508, 802, 700], m: [868, 868, 867, 868, 867] });
    expect(Object.fromEntries(figures.groups.map((group) => [group.group, group.members]))).toEqual({
      hibernating: 1335, loyal: 688, champions: 604, potentialLoyalist: 484, aboutToSleep: 478, atRisk: 357, promising: 169,
      needAttention: 121, new: 67, cantLose: 35,
    });
    expect(figures.asOfDay).toBe('2011-12-10');
    expect(figures.currency).toBe('GBP');
    expect(members).toHaveLength(4_338);
    expect(figures.identifiedShare.lines).toEqual({ identified: 397_884, all: 530_104, basisPoints: 7_505 });
    expect(figures.identifiedShare.amount.identified).toBe(891_140_790);
  });

  it('given the same tickets and lines in another order, when customers are scored, then nothing changes', async () => {
    const shuffled = await freshFacts();
    const turned = log.map((ticket) => ({ ...ticket, lines: ticket.lines.toReversed() })).sort((a, b) =>
      (a.lines.length * 7919) % 101 - (b.lines.length * 7919) % 101);
    await load(shuffled, turned.toReversed());
    const [before, after] = [await scored(facts), await scored(shuffled)];
    expect(after).toEqual(before);
  }, 60_000);

  it('given a sample as messages, delivered twice, when compared with the sample loaded directly, then facts and scores are equal',
    async () => {
    const sample = log.filter((ticket, index) => index % 50 === 0 && ticket.lines.every((line) => line.amount >= 0
      && !line.unitPrice?.startsWith('-')));
    const [direct, byMessages] = [await freshFacts(), await freshFacts()];
    await load(direct, sample);
    const keepFacts = new KeepFacts(byMessages);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      for (let at = 0; at < sample.length; at += BATCH) {
        const messages = sample.slice(at, at + BATCH).map((ticket, index) => ratedMessage(ticket, at + index));
        expect(await keepFacts.ticketsRated({ topic: 'trebol.earning.ticket-rated.v1', partition: 0, messages })).toEqual([]);
      }
    }
    const lines = (store: FactStore): Promise<unknown> => store.read(async (connection) =>
      (await connection.run('SELECT * FROM line ORDER BY transaction_key, line')).getRowsJson());
    expect(await lines(byMessages)).toEqual(await lines(direct));
    const { figures, members } = await scored(byMessages);
    const expected = await scored(direct);
    expect(members).toEqual(expected.members);
    expect(figures).toEqual({ ...expected.figures, facts: { ...expected.figures.facts, positions: figures.facts.positions } });
    expect(figures.facts.positions).toEqual([{ topic: 'trebol.earning.ticket-rated.v1', partition: 0, offset: String(sample.length - 1) }]);
  }, 60_000);
});
