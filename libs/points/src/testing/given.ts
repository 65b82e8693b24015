import { expect } from '@jest/globals';
import type { PointsCommand } from '../commands.ts';
import { decide } from '../decide/decide.ts';
import type { Decision, ProgrammePolicy } from '../decide/verdict.ts';
import { effectOf } from '../effect.ts';
import type { WalletEvent, WalletEventType } from '../events.ts';
import { violationsOf } from '../invariants.ts';
import type { Effect, WalletBalance } from '../ledger.ts';
import type { Refusal } from '../refusals.ts';
import { balanceAt } from '../wallet/balance.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { policy, t, type When } from './commands.ts';

/** Noon of an ordinary day: when things happen that say nothing else. */
export const NOON = '2026-02-10T12:00:00Z';

/** Decides commands one after the other, as the shell does, and checks every state on the way. */
export class History {
  wallet: Wallet;
  now: number;
  readonly events: WalletEvent[] = [];
  policy: ProgrammePolicy = policy();

  constructor(wallet: Wallet = emptyWallet(), now: When = NOON) {
    this.wallet = wallet;
    this.now = t(now);
  }

  decide(command: PointsCommand): Decision {
    return decide(command, this.wallet, { now: this.now, policy: this.policy });
  }

  /** Runs a command and keeps what it did; checks conservation after every single event. */
  run(command: PointsCommand): Decision {
    const decision = this.decide(command);
    if (decision.verdict !== 'accepted') return decision;
    for (const event of decision.events) {
      this.wallet = evolve(this.wallet, event);
      expect(violationsOf(this.wallet)).toEqual([]);
      this.events.push(event);
    }
    expect(this.wallet).toEqual(decision.wallet);
    return decision;
  }

  balance(at: When = this.now): WalletBalance {
    return balanceAt(this.wallet, t(at));
  }
}

type Step = PointsCommand | { readonly at: When };

/** From here on it is that time. */
export const at = (when: When): Step => ({ at: when });

/** What has happened; every command of it must be accepted. `at(…)` moves the clock. */
export function given(...steps: readonly Step[]) {
  return new Given(new History()).and(...steps);
}

class Given {
  readonly history: History;

  constructor(history: History) {
    this.history = history;
  }

  and(...steps: readonly Step[]): this {
    for (const step of steps) {
      if ('at' in step) {
        this.history.now = t(step.at);
        continue;
      }
      const decision = this.history.run(step);
      if (decision.verdict === 'refused') throw new Error(`given ${step.type}: ${JSON.stringify(decision.refusal)}`);
    }
    return this;
  }

  under(reversal: Parameters<typeof policy>[0]): this {
    this.history.policy = policy(reversal);
    return this;
  }

  /** From here on the wallet is one of qualifying points. */
  qualifying(): this {
    this.history.policy = { ...this.history.policy, kind: 'qualifying' };
    return this;
  }

  /** The state changed by hand: for what no command can bring about yet. */
  but(change: Partial<Wallet>): this {
    this.history.wallet = { ...this.history.wallet, ...change };
    return this;
  }

  when(command: PointsCommand, now?: When): Then {
    if (now !== undefined) this.history.now = t(now);
    return new Then(this.history, this.history.run(command));
  }
}

class Then {
  private readonly history: History;
  private readonly decision: Decision;

  constructor(history: History, decision: Decision) {
    this.history = history;
    this.decision = decision;
  }

  /** Accepted with these events, in order; with none, there was nothing to do. */
  thenRecords(...types: readonly WalletEventType[]): this {
    expect(this.decision).toMatchObject({ verdict: 'accepted' });
    if (this.decision.verdict === 'accepted') expect(this.decision.events.map((event) => event.type)).toEqual(types);
    return this;
  }

  thenRefused(refusal: Refusal): this {
    expect(this.decision).toMatchObject({ verdict: 'refused', refusal });
    return this;
  }

  thenAlreadyDone(): this {
    expect(this.decision).toMatchObject({ verdict: 'alreadyDone' });
    return this;
  }

  withEffect(effect: Partial<Effect>): this {
    const own = this.decision.verdict === 'accepted' ? this.decision.own : [];
    expect(effectOf(own)).toMatchObject(effect);
    return this;
  }

  withEvent(event: Partial<WalletEvent>): this {
    const events = this.decision.verdict === 'accepted' ? this.decision.events : [];
    expect(events).toContainEqual(expect.objectContaining(event));
    return this;
  }

  leaving(balance: Partial<WalletBalance>, when?: When): this {
    expect(this.history.balance(when)).toMatchObject(balance);
    return this;
  }
}
