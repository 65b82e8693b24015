import { APPEND_BYTES_MAX, type EventStore, type NewEvent, type StreamAppend } from '@trebol/event-store';
import { placeOf, streamRevision } from '../books/carry-over.ts';
import { LongAgo } from '../books/long-ago.ts';
import { encodeEvent } from '../codec/event-codec.ts';
import { encodeWallet } from '../codec/wallet-codec.ts';
import type { PointsCommand } from '../commands.ts';
import { decide } from '../decide/decide.ts';
import { conflictWith } from '../decide/sameness.ts';
import type { Decision, ProgrammePolicy } from '../decide/verdict.ts';
import { effectOf, NO_EFFECT } from '../effect.ts';
import type { WalletEvent } from '../events.ts';
import { eventIdOf, identityOfCommand } from '../identity.ts';
import type { Effect, Outcome, WalletBalance } from '../ledger.ts';
import { EVENTS_PER_APPEND_MAX, EVENT_FRAME_BYTES } from '../limits.ts';
import { balanceAt } from '../wallet/balance.ts';
import type { Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import { firstTime } from './first-time.ts';

/** Commands of one wallet, decided against one state of it. */
export interface PlanInput {
  readonly id: WalletId;
  readonly wallet: Wallet;
  readonly commands: readonly PointsCommand[];
  readonly now: number;
  readonly policy: ProgrammePolicy;
}

/** What one append will do, and what may be answered once it is done. Nothing of it counts before. */
export interface Plan {
  readonly append: StreamAppend;
  /** Answers to the first commands; the rest did not fit into one append. */
  readonly outcomes: readonly Outcome[];
  /** Of the wallet once the events are in. */
  readonly revision: number;
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

type Refused = Extract<Decision, { verdict: 'refused' }>;
type SameAsBefore = Extract<Decision, { verdict: 'alreadyDone' }> | (Refused & { readonly seenAt: number });

/** An outcome before balance and revision are put in. */
type Answer =
  | Pick<Extract<Outcome, { status: 'accepted' }>, 'status' | 'alreadyDone' | 'effect'>
  | Pick<Extract<Outcome, { status: 'refused' }>, 'status' | 'refusal'>;

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
  private readonly longAgo: LongAgo;
  private readonly strangers = new Set<number>();
  /** What this draft does, by the revision of its own events: a repetition within one batch is answered from here. */
  private readonly done = new Map<number, Before>();
  private readonly events: NewEvent[] = [];
  private readonly outcomes: Outcome[] = [];
  private bytes = 0;
  private wallet: Wallet;

  constructor(store: EventStore, input: PlanInput) {
    this.store = store;
    this.input = input;
    this.stream = walletStream(input.id, input.wallet.period);
    this.longAgo = new LongAgo(store, input.id);
    this.wallet = input.wallet;
  }

  async decide(command: PointsCommand): Promise<Decision> {
    const context = { now: this.input.now, policy: this.input.policy, strangers: this.strangers };
    const decision = decide(command, this.wallet, context);
    if (this.wallet.books === undefined || !isNew(decision)) return decision;
    return await this.longAgo.decide(command, this.wallet, context) ?? decision;
  }

  /** Answers a command that was seen before, once the stream confirms it; undefined when it was another fact. */
  async before(command: PointsCommand, decision: Exclude<Decision, { verdict: 'accepted' }>): Promise<true | undefined> {
    const revision = decision.verdict === 'alreadyDone' ? decision.revision : decision.seenAt;
    const before = revision === null ? NOTHING_BEFORE : await this.doneAt(revision, identityOfCommand(command));
    if (before === undefined) {
      this.strangers.add(revision ?? 0);
      return undefined;
    }
    const refusal = decision.verdict === 'refused' ? decision.refusal : before.event && conflictWith(before.event, command);
    this.answer(refusal === undefined ? { status: 'accepted', alreadyDone: true, effect: before.effect } : { status: 'refused', refusal });
    return true;
  }

  private async doneAt(revision: number, identity: string | undefined): Promise<Before | undefined> {
    if (revision > this.input.wallet.revision) return this.done.get(revision) ?? NOTHING_BEFORE;
    const place = placeOf(this.input.wallet, revision);
    const own = await firstTime(this.store, { stream: walletStream(this.input.id, place.period), revision: place.revision, identity });
    return own === undefined ? undefined : { event: own[0], effect: effectOf(own) };
  }

  /** False when the events do not fit into this append any more; the command then waits for the next one. */
  apply(command: PointsCommand, decision: Exclude<Decision, { verdict: 'alreadyDone' }>): boolean {
    if (decision.verdict === 'refused') {
      this.answer({ status: 'refused', refusal: decision.refusal });
      return true;
    }
    const events = decision.events.map((event) => stored(this.stream, event, command));
    const bytes = events.reduce((total, event) => total + bytesOf(event), 0);
    if (this.events.length > 0 && !this.fits(events.length, bytes)) return false;
    this.bytes += bytes;
    this.events.push(...events);
    this.wallet = decision.wallet;
    const effect = effectOf(decision.own);
    this.remember(decision.own, effect);
    this.answer({ status: 'accepted', alreadyDone: events.length === 0, effect });
    return true;
  }

  private fits(events: number, bytes: number): boolean {
    return this.events.length + events <= EVENTS_PER_APPEND_MAX && this.bytes + bytes <= APPEND_BYTES_MAX;
  }

  private remember(own: readonly WalletEvent[], effect: Effect): void {
    const first = this.wallet.revision - own.length + 1;
    own.forEach((event, place) => { this.done.set(first + place, { event, effect }); });
  }

  private answer(what: Answer): void {
    this.outcomes.push(withBalance(what, this.wallet, this.input.now));
  }

  finish(): Plan {
    const revision = streamRevision(this.input.wallet);
    const append: StreamAppend = {
      stream: this.stream, expectedRevision: revision === 0 ? 'noStream' : revision, events: this.events,
      ...(this.events.length === 0 ? {} : { snapshot: encodeWallet(this.wallet) }),
    };
    return { append, outcomes: this.outcomes, revision: this.wallet.revision };
  }
}

/** The figures are added up when somebody asks for them: a till does, an import does not. */
function withBalance(what: Answer, wallet: Wallet, now: number): Outcome {
  let figures: WalletBalance | undefined;
  return {
    ...what, revision: wallet.revision,
    get balance() {
      figures ??= balanceAt(wallet, Math.max(now, wallet.recordedAt));
      return figures;
    },
  };
}

function bytesOf({ data, metadata = '' }: NewEvent): number {
  return Buffer.byteLength(data) + Buffer.byteLength(metadata) + EVENT_FRAME_BYTES;
}

/** Tenant, wallet and recorded instant are in the stream's name and columns; metadata says who asked. */
function stored(stream: string, event: WalletEvent, command: PointsCommand): NewEvent {
  const { commandId, traceparent } = command;
  const metadata = JSON.stringify(traceparent === undefined ? { c: commandId } : { c: commandId, t: traceparent });
  const encoded = encodeEvent(event);
  return { id: eventIdOf({ stream, ...encoded }), ...encoded, metadata };
}
