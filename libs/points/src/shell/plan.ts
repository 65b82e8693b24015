import {
  APPEND_BYTES_MAX, type EventStore, type Lane, type NewEvent, type Snapshot, type StreamAppend, type StreamName,
} from '@trebol/event-store';
import { placeOf, streamRevision } from '../books/carry-over.ts';
import { LongAgo, mayBeForgotten } from '../books/long-ago.ts';
import { encodeWallet } from '../codec/wallet-codec.ts';
import type { PointsCommand } from '../commands.ts';
import { decide } from '../decide/decide.ts';
import { conflictWith } from '../decide/sameness.ts';
import type { Decision, DecisionContext, ProgrammePolicy } from '../decide/verdict.ts';
import { effectOf, NO_EFFECT } from '../effect.ts';
import type { WalletEvent } from '../events.ts';
import { identityOfCommand } from '../identity.ts';
import type { Effect, Outcome } from '../ledger.ts';
import { EVENTS_PER_APPEND_MAX, SNAPSHOT_ALWAYS_BYTES_MAX, SNAPSHOT_EVERY_EVENTS } from '../limits.ts';
import { evolve } from '../wallet/evolve.ts';
import type { Wallet } from '../wallet/state.ts';
import { FIRST_PERIOD, walletStream, type WalletId } from '../wallet-id.ts';
import { After, type Answer, withBalance } from './answers.ts';
import { firstTime } from './first-time.ts';
import { bytesOf, stored } from './stored-event.ts';

/** Commands of one wallet, decided against one state of it. */
export interface PlanInput {
  readonly id: WalletId;
  /** Name of the wallet's first stream. */
  readonly stream: StreamName;
  readonly wallet: Wallet;
  readonly commands: readonly PointsCommand[];
  readonly now: number;
  readonly policy: ProgrammePolicy;
  readonly lane: Lane;
}

/** What one append will do, and what may be answered once it is done. Nothing of it counts before. */
export interface Plan {
  readonly append: StreamAppend;
  /** The wallet once the events are in, for memory; in the append only when it is due there. Undefined where there are no events. */
  readonly snapshot: Snapshot | undefined;
  /** Answers to the first commands; the rest did not fit into one append. */
  readonly outcomes: readonly Outcome[];
  /** Of the wallet once the events are in. */
  readonly revision: number;
}

/**
 * `plan` where nothing has to be read: all that is new, and what time brought. Undefined where a command may have been done before. A batch
 * of thousands of wallets is decided without a promise for each.
 */
export function planAtOnce(store: EventStore, input: PlanInput): Plan | undefined {
  const draft = new Draft(store, input);
  for (const command of input.commands) {
    const decision = draft.decideAtOnce(command);
    if (decision === undefined || !isNew(decision)) return undefined;
    if (!draft.apply(command, decision)) break;
  }
  return draft.finish();
}

/** Decides the commands in order, each on the wallet that the ones before it leave behind. */
export async function plan(store: EventStore, input: PlanInput): Promise<Plan> {
  const draft = new Draft(store, input);
  for (const command of input.commands) {
    let decision = await draft.decide(command);
    while (!isNew(decision)) {
      const before = await draft.before(command, decision);
      if (before !== undefined) break;
      decision = await draft.decide(command);
    }
    if (isNew(decision) && !draft.apply(command, decision)) break;
  }
  return draft.finish();
}

type Accepted = Extract<Decision, { verdict: 'accepted' }>;
type Refused = Extract<Decision, { verdict: 'refused' }>;
type SameAsBefore = Extract<Decision, { verdict: 'alreadyDone' }> | (Refused & { readonly seenAt: number });

/** What was done the first time, and the event that says so. */
interface Before {
  readonly event: WalletEvent | undefined;
  readonly effect: Effect;
}

const NOTHING_BEFORE: Before = { event: undefined, effect: NO_EFFECT };

function isNew(decision: Decision): decision is Exclude<Decision, SameAsBefore> {
  return decision.verdict === 'accepted' || (decision.verdict === 'refused' && decision.seenAt === null);
}

class Draft {
  private readonly store: EventStore;
  private readonly input: PlanInput;
  private readonly stream: string;
  private longAgo: LongAgo | undefined;
  private strangers: Set<number> | undefined;
  /** What this draft does, by the revision of its own events: a repetition within one batch is answered from here. */
  private done: Map<number, Before> | undefined;
  private readonly events: NewEvent[] = [];
  private readonly outcomes: Outcome[] = [];
  private bytes = 0;
  private wallet: Wallet;
  private after: After | undefined;

  constructor(store: EventStore, input: PlanInput) {
    this.store = store;
    this.input = input;
    this.stream = input.wallet.period === FIRST_PERIOD ? input.stream : walletStream(input.id, input.wallet.period);
    this.wallet = input.wallet;
  }

  private get context(): DecisionContext {
    return { now: this.input.now, policy: this.input.policy, strangers: this.strangers };
  }

  /** Undefined when only a closed period can tell whether the command is new. */
  decideAtOnce(command: PointsCommand): Decision | undefined {
    const decision = decide(command, this.wallet, this.context);
    return isNew(decision) && mayBeForgotten(command, this.wallet) ? undefined : decision;
  }

  async decide(command: PointsCommand): Promise<Decision> {
    const decision = this.decideAtOnce(command);
    if (decision !== undefined) return decision;
    this.longAgo ??= new LongAgo(this.store, this.input.id);
    return await this.longAgo.decide(command, this.wallet, this.context) ?? decide(command, this.wallet, this.context);
  }

  /** Answers a command that was seen before, once the stream confirms it; undefined when it was another fact. */
  async before(command: PointsCommand, decision: Exclude<Decision, { verdict: 'accepted' }>): Promise<true | undefined> {
    const revision = decision.verdict === 'alreadyDone' ? decision.revision : decision.seenAt;
    const before = revision === null ? NOTHING_BEFORE : await this.doneAt(revision, identityOfCommand(command));
    if (before === undefined) {
      this.strangers = new Set(this.strangers).add(revision ?? 0);
      return undefined;
    }
    const refusal = decision.verdict === 'refused' ? decision.refusal : before.event && conflictWith(before.event, command);
    this.answer(refusal === undefined ? { status: 'accepted', alreadyDone: true, effect: before.effect } : { status: 'refused', refusal });
    return true;
  }

  private async doneAt(revision: number, identity: string | undefined): Promise<Before | undefined> {
    if (revision > this.input.wallet.revision) return this.done?.get(revision) ?? NOTHING_BEFORE;
    const place = placeOf(this.input.wallet, revision);
    const own = await firstTime(this.store, { stream: walletStream(this.input.id, place.period), revision: place.revision, identity });
    return own === undefined ? undefined : { event: own[0], effect: effectOf(own) };
  }

  /** False when not all of it fits into this append any more; the command then waits for the next one. */
  apply(command: PointsCommand, decision: Exclude<Decision, { verdict: 'alreadyDone' }>): boolean {
    if (decision.verdict === 'refused') {
      this.answer({ status: 'refused', refusal: decision.refusal });
      return true;
    }
    const events = decision.events.map((event) => stored(this.stream, event, command));
    const fit = this.fitting(events);
    if (fit < events.length) return this.events.length === 0 && this.applyPart(decision, { events, fit });
    this.take(decision, events);
    this.accept(decision, decision.own);
    return true;
  }

  /** How many of the events, from the first on, fit into this append. */
  private fitting(events: readonly NewEvent[]): number {
    let bytes = this.bytes;
    let fit = 0;
    for (const event of events) {
      bytes += bytesOf(event);
      if (bytes > APPEND_BYTES_MAX || this.events.length + fit >= EVENTS_PER_APPEND_MAX) return fit;
      fit += 1;
    }
    this.bytes = bytes;
    return fit;
  }

  /**
   * What is too much for one append although nothing else is in it: what time brought goes first and by itself, as much as fits, and the
   * command is decided again; what it makes due at once is left to whoever comes next. A command that is too much by itself is refused.
   */
  private applyPart(decision: Accepted, { events, fit }: { readonly events: readonly NewEvent[]; readonly fit: number }): boolean {
    const time = Math.min(fit, decision.due);
    const alone = decision.events.length - decision.after;
    const count = time > 0 ? time : alone;
    if (fit < count || count === 0) {
      this.answer({ status: 'refused', refusal: { code: 'limitReached', limit: 'appendBytes', max: APPEND_BYTES_MAX } });
      return true;
    }
    const part = decision.events.slice(0, count);
    this.take({ wallet: part.reduce(evolve, this.wallet) }, events.slice(0, count));
    this.bytes = APPEND_BYTES_MAX;
    if (time > 0) return false;
    this.accept({ ...decision, events: part }, decision.own.slice(0, decision.own.length - decision.after));
    return true;
  }

  private take({ wallet }: Pick<Accepted, 'wallet'>, events: readonly NewEvent[]): void {
    this.events.push(...events);
    this.wallet = wallet;
    this.after = undefined;
  }

  private accept({ events }: Pick<Accepted, 'events'>, own: readonly WalletEvent[]): void {
    const effect = effectOf(own);
    if (this.input.commands.length > 1) this.remember({ events, own, effect });
    this.answer({ status: 'accepted', alreadyDone: events.length === 0, effect });
  }

  /** What a repetition in this batch is answered: to the command itself, and to whoever lets a hold go that was let go with it. */
  private remember({ events, own, effect }: { events: readonly WalletEvent[]; own: readonly WalletEvent[]; effect: Effect }): void {
    const done = this.done ??= new Map<number, Before>();
    const before = this.wallet.revision - events.length;
    const [first] = own;
    const from = first === undefined ? events.length : events.indexOf(first);
    events.forEach((event, place) => {
      const letGo = event.type === 'HoldReleased' && (event.reason === 'lapsed' || place < from);
      if (letGo || place >= from) done.set(before + 1 + place, { event, effect: letGo ? effectOf([event]) : effect });
    });
  }

  private answer(what: Answer): void {
    this.after ??= new After(this.wallet, this.input.now);
    this.outcomes.push(withBalance(what, this.after));
  }

  finish(): Plan {
    const revision = streamRevision(this.input.wallet);
    const append = { stream: this.stream, expectedRevision: revision === 0 ? 'noStream' : revision, events: this.events } as const;
    const answered = { outcomes: this.outcomes, revision: this.wallet.revision };
    if (this.events.length === 0) return { append, snapshot: undefined, ...answered };
    const snapshot = encodeWallet(this.wallet);
    if (this.input.lane === 'bulk') this.after?.pack(snapshot);
    const due = snapshot.bytes.length <= SNAPSHOT_ALWAYS_BYTES_MAX || crossesMark(revision, revision + this.events.length);
    return { append: due ? { ...append, snapshot } : append, snapshot, ...answered };
  }
}

/** Whether a large snapshot is due between these revisions of its stream: whoever writes the event past a mark writes it, nobody else. */
function crossesMark(before: number, after: number): boolean {
  return Math.floor(before / SNAPSHOT_EVERY_EVENTS) < Math.floor(after / SNAPSHOT_EVERY_EVENTS);
}
