import type { DuckDBConnection, JS } from '@duckdb/node-api';
import { calendarOf } from '@trebol/chassis';
import { createHash, type Hash } from 'node:crypto';
import { textOf, wholeOf } from '../cells.ts';
import type { FactPosition, FactReader } from '../facts.ts';
import type { Cutpoints, IdentifiedShare, RfmDefinition, RfmFigures, RfmOutcome, ScoredMember, SegmentMap, Share } from '../run-record.ts';
import {
  axesSql, CURRENCIES, CUTPOINTS, FACT_COUNTS, GROUP_FIGURES, IDENTIFIED, SCORE_COUNTS, SCORED_MEMBERS, scoredSql, TOTALS,
} from './rfm-sql.ts';

/** Customers handed over at a time: large enough for one COPY, about 2 MB. */
const SINK_ROWS = 10_000;

export interface ScoreRequest {
  readonly tenant: string;
  readonly definition: RfmDefinition;
  /** Group of each cell, keyed by its scores in the order of the map's axes. */
  readonly cells: ReadonlyMap<string, string>;
  readonly map: SegmentMap;
  readonly positions: (connection: DuckDBConnection) => Promise<readonly FactPosition[]>;
}

/** Receives the customers in order of id. */
export type ScoreSink = (members: readonly ScoredMember[]) => Promise<void>;

/**
 * Scores every customer on one snapshot of the facts, in SQL over integers (`segmentation.md` §1). The same definition over the same
 * facts gives the same scores whatever the order of rows. `sink` is called only when there is something to score.
 */
export async function scoreRfm(facts: FactReader, request: ScoreRequest, sink: ScoreSink): Promise<RfmOutcome> {
  return facts.read(async (connection) => {
    const { tenant, definition } = request;
    const span = spanOf(definition);
    const currencies = definition.currency === undefined
      ? (await rows(connection, CURRENCIES, { tenant, from: span.from, asOf: span.asOf })).map(([currency]) => textOf(currency))
      : [definition.currency];
    const [currency] = currencies;
    if (currencies.length > 1) return { kind: 'currencyAmbiguous', currencies };
    if (currency === undefined) return { kind: 'nothingToScore' };
    await connection.run(axesSql(definition), {
      tenant, currency, ...span, quantityAbove: BigInt(definition.lineFilters.quantityAbove),
      unitPriceAbove: String(definition.lineFilters.unitPriceAbove),
    });
    const cutpoints = await cutpointsOf(connection, definition);
    if (!cutpoints) return { kind: 'nothingToScore' };
    await makeScored(connection, cutpoints, request);
    const figures = await figuresOf(connection, request);
    const inputsHash = await handOver(connection, sink);
    return { kind: 'scored', figures: { ...figures, asOfDay: span.asOfDay, currency, cutpoints, facts: { ...figures.facts, inputsHash } } };
  });
}

function spanOf(definition: RfmDefinition): { from: bigint; asOf: bigint; asOfDay: string } {
  const calendar = calendarOf(definition.zone);
  const asOfDay = calendar.dayOf(definition.asOf);
  const from = definition.window === 'allTime'
    ? Number.MIN_SAFE_INTEGER
    : calendar.startOfDay(calendar.addDays(asOfDay, -definition.window.days));
  return { from: BigInt(from), asOf: BigInt(definition.asOf), asOfDay };
}

/** Undefined when no customer has a purchase. */
async function cutpointsOf(connection: DuckDBConnection, definition: RfmDefinition): Promise<Cutpoints | undefined> {
  const [found] = await rows(connection, CUTPOINTS);
  if (!Array.isArray(found?.[0])) return undefined;
  const choice = definition.cutpoints;
  switch (choice.kind) {
    case 'frozen': return choice.cutpoints;
    case 'computed': {
      const [recencyDays, orders, amountMinor] = found.map((list) => (Array.isArray(list) ? list.map(wholeOf) : []));
      return { recencyDays: recencyDays ?? [], orders: orders ?? [], amountMinor: amountMinor ?? [] };
    }
    default: { const never: never = choice; throw new TypeError(String(never)); }
  }
}

async function makeScored(connection: DuckDBConnection, cutpoints: Cutpoints, request: ScoreRequest): Promise<void> {
  await connection.run('CREATE TEMP TABLE cell (scores VARCHAR, grp VARCHAR)');
  const appender = await connection.createAppender('cell', 'main', 'temp');
  for (const [scores, group] of request.cells) {
    appender.appendVarchar(scores);
    appender.appendVarchar(group);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(scoredSql(cutpoints, request.map.axes));
}

async function figuresOf(
  connection: DuckDBConnection, request: ScoreRequest,
): Promise<Omit<RfmFigures, 'asOfDay' | 'currency' | 'cutpoints'>> {
  const [totals] = await rows(connection, TOTALS);
  const byScore = await rows(connection, SCORE_COUNTS);
  const scores = (axis: string): number[] =>
    [1, 2, 3, 4, 5].map((score) => wholeOf(byScore.find(([name, value]) => name === axis && Number(value) === score)?.[2] ?? 0));
  const byGroup = new Map((await rows(connection, GROUP_FIGURES)).map(([group, ...figures]) => [textOf(group), figures.map(wholeOf)]));
  const [facts] = await rows(connection, `SELECT ${FACT_COUNTS}`, { tenant: request.tenant });
  const positions = await request.positions(connection);
  return {
    counts: { members: wholeOf(totals?.[0]), lines: wholeOf(totals?.[1]), orders: wholeOf(totals?.[2]), amountMinor: wholeOf(totals?.[3]) },
    scores: { r: scores('r'), f: scores('f'), m: scores('m') },
    groups: request.map.groups.map(({ id }) => {
      const [members = 0, orders = 0, amountMinor = 0] = byGroup.get(id) ?? [];
      return { group: id, members, orders, amountMinor };
    }),
    identifiedShare: await identifiedShareOf(connection),
    facts: {
      tickets: wholeOf(facts?.[0]), lines: wholeOf(facts?.[1]), members: wholeOf(facts?.[2]),
      positions: positions.map((at) => ({ ...at, offset: String(at.offset) })), inputsHash: '',
    },
  };
}

async function identifiedShareOf(connection: DuckDBConnection): Promise<IdentifiedShare> {
  const [found] = await rows(connection, IDENTIFIED);
  const [lines = 0, allLines = 0, amount = 0, allAmount = 0] = (found ?? []).map(wholeOf);
  return { lines: shareOf(lines, allLines), amount: shareOf(amount, allAmount) };
}

/** Integers, so that the share is the same on every machine. */
export function shareOf(identified: number, all: number): Share {
  return { identified, all, basisPoints: all === 0 ? 0 : Number((BigInt(identified) * 10_000n) / BigInt(all)) };
}

async function handOver(connection: DuckDBConnection, sink: ScoreSink): Promise<string> {
  const hash = createHash('sha256');
  let waiting: ScoredMember[] = [];
  const result = await connection.stream(SCORED_MEMBERS);
  for await (const chunk of result.yieldRowsJs()) {
    for (const row of chunk) waiting.push(scoredMember(row, hash));
    if (waiting.length < SINK_ROWS) continue;
    await sink(waiting);
    waiting = [];
  }
  if (waiting.length > 0) await sink(waiting);
  return hash.digest('hex');
}

function scoredMember(row: readonly JS[], hash: Hash): ScoredMember {
  const [memberId, r, f, m, group, recencyDays, orders, amountMinor, lastPurchaseDay] = row;
  const member = {
    memberId: textOf(memberId), r: wholeOf(r), f: wholeOf(f), m: wholeOf(m), group: textOf(group), recencyDays: wholeOf(recencyDays),
    orders: wholeOf(orders), amountMinor: wholeOf(amountMinor), lastPurchaseDay: textOf(lastPurchaseDay),
  };
  hash.update(`${member.memberId},${member.lastPurchaseDay},${member.orders},${member.amountMinor}\n`);
  return member;
}

async function rows(connection: DuckDBConnection, sql: string, values: Record<string, string | bigint> = {}): Promise<JS[][]> {
  return (await connection.run(sql, values)).getRowsJS();
}
