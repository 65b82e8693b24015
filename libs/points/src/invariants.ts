import type { RecordedEvent } from '@trebol/event-store';
import { describeEvent } from './movement.ts';
import { eventIdOf } from './identity.ts';
import { applyRecorded } from './fold.ts';
import { balanceAt } from './wallet/balance.ts';
import { emptyWallet, type Lot, type Totals, type Wallet } from './wallet/state.ts';

/**
 * What must be true of every wallet after every event (`goals.md` §4). Used by tests, the soak run and `verify`. Answers sentences about
 * what is wrong; none when all is well.
 */
export function violationsOf(wallet: Wallet): readonly string[] {
  return [...ofTotals(wallet.totals, wallet), ...ofOwed(wallet), ...wallet.lots.flatMap(ofLot), ...ofHolds(wallet), ...ofMemory(wallet)];
}

/**
 * Folds a whole stream, checks every state on the way, every id and that what is published adds up. Stops at the first event that is
 * wrong.
 */
export function verifyStream(events: readonly RecordedEvent[]): { readonly wallet: Wallet; readonly violations: readonly string[] } {
  let wallet = emptyWallet();
  let owned = 0;
  for (const recorded of events) {
    const violations = [...ofRecorded(recorded)];
    const after = attempt(wallet, recorded);
    if (typeof after === 'string') return { wallet, violations: [at(recorded, after)] };
    // A later period begins with what the books carried over; nothing of it is a movement.
    owned = recorded.type === 'BooksOpened' ? ownedBy(after) : owned + describeEvent(recorded).points;
    violations.push(...violationsOf(after));
    if (owned !== ownedBy(after)) violations.push(`movements add up to ${owned}, the wallet owns ${ownedBy(after)}`);
    if (violations.length > 0) return { wallet: after, violations: violations.map((violation) => at(recorded, violation)) };
    wallet = after;
  }
  return { wallet, violations: [] };
}

/**
 * What is wrong with one event and with the step it takes its wallet by, told in the time of the event and not of the wallet: its id, and that
 * the wallet's totals move by the points that are published of it. `violationsOf` tells the rest.
 */
export function violationsOfStep(
  recorded: RecordedEvent, step: { readonly before: Wallet; readonly after: Wallet; readonly points: number },
): readonly string[] {
  const moved = countedFor(step.after) - countedFor(step.before);
  const violations = [...ofRecorded(recorded)];
  if (moved !== step.points) violations.push(`it says that ${step.points} points moved, the wallet's totals moved by ${moved}`);
  return violations;
}

/** What the member owns by the totals; `ownedBy` by the lots. */
const countedFor = ({ totals, debt, feeDue }: Wallet): number => cameInto(totals) - wentFrom(totals) - debt - feeDue;

/** What the member owns: everything in lots, less debt and fee due. */
export function ownedBy(wallet: Wallet): number {
  return inLots(wallet) - wallet.debt - wallet.feeDue;
}

const at = (recorded: RecordedEvent, violation: string): string => `${recorded.stream} revision ${recorded.revision}: ${violation}`;
const inLots = (wallet: Wallet): number => wallet.lots.reduce((total, lot) => total + lot.remaining + lot.held, 0);

function attempt(wallet: Wallet, recorded: RecordedEvent): Wallet | string {
  try {
    return applyRecorded(wallet, recorded);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function* ofRecorded(recorded: RecordedEvent): Generator<string> {
  const id = eventIdOf(recorded);
  if (id !== recorded.id) yield `its id is ${recorded.id}, not ${id}`;
}

/** Points of a wallet that nothing accounts for: above 0 there are too many, below 0 too few. 0 in every wallet that is right (G1). */
export function unaccountedPoints(wallet: Wallet): number {
  return inLots(wallet) - cameInto(wallet.totals) + wentFrom(wallet.totals);
}

const cameInto = (totals: Totals): number => totals.issued + totals.restored + totals.received + totals.takenBack;
const wentFrom = (totals: Totals): number => totals.spent + totals.expired + totals.reversed + totals.debtRepaid + totals.feeRecovered
  + totals.deducted + totals.forfeited + totals.sent;

/** G1, with the figures counted apart from the lots they must agree with. */
function* ofTotals(totals: Totals, wallet: Wallet): Generator<string> {
  if (unaccountedPoints(wallet) !== 0) yield `${cameInto(totals)} points came, ${wentFrom(totals)} went and ${inLots(wallet)} are there`;
  const debt = totals.debtIncurred - totals.debtRepaid - totals.debtReleased;
  if (wallet.debt !== debt) yield `debt is ${wallet.debt}, not incurred − repaid − released`;
  const fee = totals.feeCharged - totals.feeReleased;
  const { feeDue, feePaid } = wallet;
  if (feeDue + feePaid !== fee) yield `fee due and paid are ${feeDue} and ${feePaid}, charged − released is ${fee}`;
  const wrong = Object.entries(totals).find(([, points]) => !Number.isSafeInteger(points) || points < 0);
  if (wrong !== undefined) yield `${wrong[0]} is ${wrong[1]}`;
}

/** The normal form: while something is owed nothing is available, and no fee counts as paid while there is debt. */
function* ofOwed(wallet: Wallet): Generator<string> {
  if (wallet.debt < 0 || wallet.feeDue < 0 || wallet.feePaid < 0) yield 'debt or fee is negative';
  if (wallet.debt > 0 && wallet.feePaid > 0) yield `a fee of ${wallet.feePaid} counts as paid beside a debt of ${wallet.debt}`;
  const { available, debt, feeDue } = balanceAt(wallet, wallet.recordedAt);
  if (debt > 0 && available > 0) yield `${available} points are available beside a debt of ${debt}`;
  if (feeDue > 0 && available > 0) yield `${available} points are available beside a fee of ${feeDue} due`;
}

function ofLot(lot: Lot): string[] {
  const figures = [lot.granted, lot.entitled, lot.remaining, lot.held, lot.expired, lot.forgiven];
  const violations: string[] = [];
  if (figures.some((points) => !Number.isSafeInteger(points) || points < 0)) violations.push('a figure is negative or not whole');
  if (lot.entitled > lot.granted) violations.push('more entitlement than was granted');
  if (lot.remaining + lot.held > lot.granted) violations.push('more points than were granted');
  if (lot.forgiven > lot.expired) violations.push('more forgiven than expired');
  return violations.map((violation) => `lot ${lot.lotId}: ${violation}`);
}

/** Held points are exactly those of the open holds. */
function* ofHolds(wallet: Wallet): Generator<string> {
  const held = new Map<string, number>();
  for (const { state, allocations, restored } of wallet.spendings) {
    const total = allocations.reduce((sum, part) => sum + part.points, 0);
    if (restored > total) yield `${restored} points of ${total} spent were restored`;
    if (state !== 'open') continue;
    for (const { lotId, points } of allocations) held.set(lotId, (held.get(lotId) ?? 0) + points);
  }
  for (const lot of wallet.lots) {
    if (lot.held !== (held.get(lot.lotId) ?? 0)) yield `lot ${lot.lotId} has ${lot.held} held, open holds say ${held.get(lot.lotId) ?? 0}`;
  }
}

/** One effect per source, and lots known by one id each. */
function* ofMemory(wallet: Wallet): Generator<string> {
  if (new Set(wallet.lots.map((lot) => lot.lotId)).size !== wallet.lots.length) yield 'two lots have one id';
  const places = wallet.seen.map((effect) => effect.revision);
  if (new Set(places).size !== places.length) yield 'two effects have one revision';
  const holdIds = wallet.spendings.map((spending) => spending.fingerprint);
  if (new Set(holdIds).size !== holdIds.length) yield 'two holds or redemptions have one id';
}
