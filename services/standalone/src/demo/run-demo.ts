import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@trebol/contracts';
import type { TrebolClient } from '../command-line/client.ts';
import type { BalanceAnswer, EntryAnswer } from '../command-line/commands/balance.ts';
import { type ImportAnswer, importFile } from '../command-line/commands/import.ts';
import {
  download, type ExportAnswer, exportSegment, runRfm, type RunAnswer,
} from '../command-line/commands/segment.ts';
import { DEFAULT_PROGRAMME } from '@trebol/earning';
import type { Reporter } from '../command-line/reporter.ts';
import type { Platform, VerifyReport } from '../platform/platform.ts';
import { concurrently } from './concurrently.ts';
import { demoLog, readDemoCards, readDemoStores } from './demo-data.ts';

const POINT_VALUE = DEFAULT_PROGRAMME.programme.pointValue;
/**
 * Requests under way at once while cards are enrolled: enough to keep two cores busy, far below the server's
 * limits.
 */
const ENROL_WIDTH = 32;
/** The member whose story is told: a steady customer of the log. */
const STORY_CARD = '12748';
const STORY_REDEEM_POINTS = 500;
const RFM_AS_OF = '2011-12-10T00:00:00+00:00';
const RFM_ZONE = 'Europe/London';
const EXPORTED_SEGMENT = 'rf25:champions';

export interface DemoStep {
  readonly name: 'stores' | 'members' | 'tickets' | 'settle' | 'story' | 'rfm' | 'export' | 'verify';
  readonly milliseconds: number;
}

/** All that the demo has to tell; the same document is printed by `--json`. */
export interface DemoReport {
  readonly stores: number;
  readonly members: { readonly enrolled: number; readonly known: number };
  readonly tickets: ImportAnswer;
  readonly points: { readonly issued: number; readonly worthMinor: number; readonly currency: string };
  readonly member: {
    readonly card: string;
    readonly memberId: string;
    readonly before: BalanceAnswer;
    readonly entries: readonly EntryAnswer[];
  };
  readonly redemption: {
    readonly redemptionId: string;
    readonly points: number;
    readonly replayed: boolean;
    readonly after: BalanceAnswer;
  };
  readonly rfm: RunAnswer;
  readonly audience: ExportAnswer & {
    readonly segmentId: string;
    readonly file: string;
    readonly manifest: string;
    readonly bytes: number;
  };
  readonly verify: VerifyReport;
  readonly steps: readonly DemoStep[];
  readonly memory: { readonly peakBytes: number };
}

interface DemoSurroundings { readonly reporter: Reporter; readonly clock: Clock }

/**
 * Runs the main job through the public surface, as a chain, a till and a marketing team would. Run again, it
 * changes nothing.
 */
export async function runDemo(
  platform: Platform, client: TrebolClient, { reporter, clock }: DemoSurroundings
): Promise<DemoReport> {
  const steps: DemoStep[] = [];
  const timed = async <T>(name: DemoStep['name'], label: string, work: () => Promise<T>): Promise<T> => {
    if (!reporter.json) reporter.line(label);
    const began = clock.now();
    const result = await work();
    steps.push({ name, milliseconds: clock.now() - began });
    return result;
  };

  const stores = await timed('stores', reporter.say('1. Tiendas', '1. Stores'), () => putStores(client));
  const cards = await readDemoCards();
  const members = await timed(
    'members', reporter.say('2. Socios', '2. Members'), () => enrol(client, cards, reporter)
  );
  await platform.settled();
  const tickets = await timed(
    'tickets', reporter.say('3. Tiques', '3. Tickets'),
    () => importFile(client, { file: demoLog, format: 'onlineRetail', history: true }, { clock, reporter })
  );
  await timed(
    'settle', reporter.say('4. Saldos y hechos al día', '4. Balances and facts up to date'),
    () => platform.settled()
  );
  const story = await timed('story', reporter.say('5. Un socio', '5. A member'), () => tellStory(client));
  await platform.settled();
  const rfm = await timed(
    'rfm', reporter.say('6. RFM', '6. RFM'), () => runRfm(client, { asOf: RFM_AS_OF, zone: RFM_ZONE })
  );
  const audience = await timed(
    'export', reporter.say('7. Audiencia', '7. Audience'), () => exportAudience(client, platform)
  );
  const verify = await timed(
    'verify', reporter.say('8. Comprobación', '8. Verification'), () => platform.verify()
  );
  const points = {
    issued: tickets.points.earned,
    worthMinor: Math.floor((tickets.points.earned * POINT_VALUE.amount) / POINT_VALUE.points),
    currency: 'GBP',
  };
  return {
    stores, members, tickets, points, ...story, rfm, audience, verify, steps,
    memory: { peakBytes: platform.peakMemoryBytes() },
  };
}

async function putStores(client: TrebolClient): Promise<number> {
  const stores = await readDemoStores();
  await concurrently(
    stores, ENROL_WIDTH, async ({ id, ...store }) => { await client.put(`/v1/stores/${id}`, store); }
  );
  return stores.length;
}

async function enrol(
  client: TrebolClient, cards: readonly string[], reporter: Reporter
): Promise<{ enrolled: number; known: number }> {
  const progress = reporter.progress({
    name: 'enrol', label: reporter.say('Dando de alta', 'Enrolling'), unit: reporter.say('socios', 'members'),
  });
  let done = 0;
  let known = 0;
  await concurrently(cards, ENROL_WIDTH, async (card) => {
    const answer = await client.sendWithStatus('POST', '/v1/members', {
      body: {
        externalId: `online-retail-${card}`, language: 'en', identifiers: [{ kind: 'card', value: card }],
      }, idempotencyKey: `enrol-online-retail-${card}`,
    });
    if (answer.replayed) known += 1;
    progress.update(++done, cards.length);
  });
  progress.end();
  return { enrolled: cards.length - known, known };
}

async function tellStory(client: TrebolClient): Promise<Pick<DemoReport, 'member' | 'redemption'>> {
  const { memberId } = await client.get<{ memberId: string }>(`/v1/members?identifier=card:${STORY_CARD}`);
  const before = await client.get<BalanceAnswer>(`/v1/members/${memberId}/balance`);
  const statement = await client.get<{
    entries: readonly EntryAnswer[],
  }>(`/v1/members/${memberId}/entries?limit=20`);
  const entries = statement.entries.filter((entry) => entry.explanation.length > 0).slice(0, 3);
  const answer = await client.sendWithStatus<{
    redemptionId: string;
    balance: BalanceAnswer;
  }>('POST', '/v1/redemptions', {
    body: { memberId, points: STORY_REDEEM_POINTS }, idempotencyKey: 'demo-redemption-1',
  });
  // The platform forgets answers after 48 hours but never what was redeemed: then the ledger says that
  // nothing new was spent.
  const replayed = answer.replayed || answer.body.balance.available === before.available;
  const after = replayed ? await client.get<BalanceAnswer>(`/v1/members/${memberId}/balance`) : answer.body.balance;
  return {
    member: { card: STORY_CARD, memberId, before, entries },
    redemption: { redemptionId: answer.body.redemptionId, points: STORY_REDEEM_POINTS, replayed, after },
  };
}

async function exportAudience(client: TrebolClient, platform: Platform): Promise<DemoReport['audience']> {
  const made = await exportSegment(client, EXPORTED_SEGMENT, 'demo');
  const file = join(platform.dataFolder, 'champions.csv');
  await download(client, made.exportId, file);
  return {
    ...made, segmentId: EXPORTED_SEGMENT, file, manifest: `${file}.manifest.json`,
    bytes: (await stat(file)).size,
  };
}
