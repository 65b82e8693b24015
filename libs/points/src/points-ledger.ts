import type { Clock } from '@trebol/contracts';
import { InvalidAppend, StoreOverloaded, type AppendOutcome, type EventStore, type Lane } from '@trebol/event-store';
import type { PointsCommand } from './commands.ts';
import { closeManyBooks, type ClosingOutcome } from './books/close-books.ts';
import { guardCommand } from './decide/guard-command.ts';
import type { ProgrammePolicy } from './decide/verdict.ts';
import type { Addressed, Outcome, PointsLedger } from './ledger.ts';
import { APPEND_RETRIES_MAX, BULK_WALLETS_MAX, CONFIRM_CONCURRENCY, RETURN_WINDOW_DAYS, YIELD_EVERY_WALLETS } from './limits.ts';
import { appendPlans } from './shell/append-plans.ts';
import { plan, planAtOnce, type Plan, type PlanInput } from './shell/plan.ts';
import { readWallet } from './shell/read-wallet.ts';
import { WalletCache } from './shell/wallet-cache.ts';
import { WalletLoader, type Loaded } from './shell/wallet-loader.ts';
import { WalletQueue } from './shell/wallet-queue.ts';
import type { Wallet } from './wallet/state.ts';
import { FIRST_PERIOD, walletStream, type WalletId } from './wallet-id.ts';

export interface PointsLedgerParts {
  readonly store: EventStore;
  readonly clock: Clock;
  /** The rules of a programme for wallets of a type of points; called once for each wallet and round, so it must be quick. */
  readonly policyOf: (programme: string, tenant: string, pointType: string) => ProgrammePolicy;
  /** Wallets kept in memory between commands: 100 bytes each and 20 for each earning it remembers. 0: none. */
  readonly cacheMax: number;
  /**
   * The period a wallet is in by the calendar when its books are closed in time (years since the programme began, say); quick. It only says
   * where to look first: what is true is in the streams. Absent: books are never closed here, one name is read.
   */
  readonly periodAt?: (wallet: WalletId, now: number) => number;
}

/** Every round met somebody else's append. Nothing was written by the last one; send the command again. */
export class WalletContended extends Error {
  override readonly name = 'WalletContended';
}

/** Closing the books of wallets; apart from `PointsLedger`, because only a yearly job does it. */
export interface BookKeeper {
  /** Closes every period up to and including this one and opens the next, in bounded batches; outcomes in the order of the wallets. */
  closeBooks(wallets: readonly WalletId[], period: number): Promise<readonly ClosingOutcome[]>;
}

/** The thin shell around `decide`: load, decide, append with the revision that was seen, and again a bounded number of times (G9). */
export function createPointsLedger(parts: PointsLedgerParts): PointsLedger & BookKeeper {
  const engine = new Engine(parts);
  const tills = new WalletQueue<Addressed<PointsCommand>, Outcome>(async (commands) => engine.run(commands, 'interactive'));
  return {
    handle: async (wallet, command) => {
      guardCommand(command);
      return orThrown(await tills.run(walletStream(wallet), { wallet, command }));
    },
    handleMany: async (commands) => engine.run(commands, 'bulk'),
    wallet: async (wallet, asOf) => readWallet({ store: parts.store, loader: engine.loader }, wallet, asOf ?? parts.clock.now()),
    closeBooks: async (wallets, period) =>
      closeManyBooks({
        store: parts.store, loader: engine.loader, now: () => parts.clock.now(),
        windowDaysOf: (wallet) => engine.policyOf(wallet).returnWindowDays ?? RETURN_WINDOW_DAYS,
      }, wallets, period),
  };
}

/** A till hears at once that the store took nothing (`StoreOverloaded`), and of a fault of ours (`InvalidAppend`). */
function orThrown(outcome: Outcome): Outcome {
  const cause = outcome.status === 'unknown' ? outcome.cause : undefined;
  if (cause instanceof StoreOverloaded || cause instanceof InvalidAppend) throw cause;
  return outcome;
}

/** The commands of one wallet that have no answer yet, with their places in the call. */
interface Work {
  readonly stream: string;
  readonly wallet: WalletId;
  waiting: { readonly place: number; readonly command: PointsCommand }[];
  conflicts: number;
}

class Engine {
  private readonly parts: PointsLedgerParts;
  readonly loader: WalletLoader;

  constructor(parts: PointsLedgerParts) {
    this.parts = parts;
    const periodAt = parts.periodAt ?? (() => FIRST_PERIOD);
    this.loader = new WalletLoader(parts.store, new WalletCache(parts.cacheMax), (wallet) => periodAt(wallet, parts.clock.now()));
  }

  /** Outcomes in the order of the commands; commands of one wallet are decided in the order given. */
  async run(commands: readonly Addressed<PointsCommand>[], lane: Lane): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    outcomes.length = commands.length;
    const works = groupByWallet(commands);
    for (let from = 0; from < works.length; from += BULK_WALLETS_MAX) {
      let open = works.slice(from, from + BULK_WALLETS_MAX);
      while (open.length > 0) open = await this.round(open, { outcomes, lane });
    }
    return outcomes;
  }

  /** One load, one decision per command, one append for all wallets. Answers the works that need another round. */
  private async round(works: readonly Work[], call: { readonly outcomes: Outcome[]; readonly lane: Lane }): Promise<Work[]> {
    const loaded = await this.loader.load(works, call.lane);
    const states = works.map((work) => loadedOf(loaded, work.stream));
    const plans = await this.plans(works, states, call.lane);
    const settled = await this.append(plans, states, call.lane);
    return works.filter((work, index) => {
      const [planned, outcome] = [plans[index], settled[index]];
      return planned !== undefined && outcome !== undefined && this.conclude(work, { planned, outcome, outcomes: call.outcomes });
    });
  }

  /** One plan for each work, in order. Most are made at once; those for which the store is asked are made afterwards, some at a time. */
  private async plans(works: readonly Work[], states: readonly Loaded[], lane: Lane): Promise<readonly Plan[]> {
    const plans: Plan[] = [];
    plans.length = works.length;
    const asking: (() => Promise<void>)[] = [];
    for (const [index, work] of works.entries()) {
      if (index > 0 && index % YIELD_EVERY_WALLETS === 0) await nextTurn();
      const state = states[index];
      const wallet = state?.unpackNow();
      const planned = wallet === undefined ? undefined : planAtOnce(this.parts.store, this.inputFor(work, wallet, lane));
      if (planned !== undefined) plans[index] = planned;
      else if (state !== undefined) {
        asking.push(async () => { plans[index] = await plan(this.parts.store, this.inputFor(work, await state.unpack(), lane)); });
      }
    }
    for (let from = 0; from < asking.length; from += CONFIRM_CONCURRENCY) {
      await Promise.all(asking.slice(from, from + CONFIRM_CONCURRENCY).map(async (ask) => ask()));
    }
    return plans;
  }

  policyOf({ programme, tenant, pointType }: WalletId): ProgrammePolicy {
    return this.parts.policyOf(programme, tenant, pointType);
  }

  private inputFor(work: Work, wallet: Wallet, lane: Lane): PlanInput {
    return {
      id: work.wallet, stream: work.stream, wallet, commands: work.waiting.map((waiting) => waiting.command), now: this.parts.clock.now(),
      policy: this.policyOf(work.wallet), lane,
    };
  }

  /** A plan without events still asks the store, by an empty append, whether the cached wallet it was decided on is the current one. */
  private async append(plans: readonly Plan[], states: readonly Loaded[], lane: Lane): Promise<readonly AppendOutcome[]> {
    const asks = (planned: Plan, index: number) => planned.append.events.length > 0 || states[index]?.cached === true;
    const appends = plans.filter(asks).map((planned) => planned.append);
    const answers = appends.length === 0 ? [] : await appendPlans(this.parts.store, appends, lane);
    let next = 0;
    return plans.map((planned, index): AppendOutcome => {
      const outcome = asks(planned, index) ? answers[next++] : undefined;
      return outcome ?? { status: 'appended', revision: planned.revision };
    });
  }

  /** Gives the answers that are due; true when the work needs another round. */
  private conclude(work: Work, result: { readonly planned: Plan; readonly outcome: AppendOutcome; readonly outcomes: Outcome[] }): boolean {
    const { planned, outcome, outcomes } = result;
    switch (outcome.status) {
      case 'appended': {
        this.loader.keep(work.stream, planned);
        const answered = work.waiting.splice(0, planned.outcomes.length);
        answered.forEach(({ place }, index) => {
          const answer = planned.outcomes[index];
          if (answer !== undefined) outcomes[place] = answer;
        });
        work.conflicts = 0;
        return work.waiting.length > 0;
      }
      case 'conflict': {
        this.loader.forget(work.stream);
        work.conflicts += 1;
        if (work.conflicts <= APPEND_RETRIES_MAX) return true;
        giveUp(work, outcomes, new WalletContended(`${work.stream}: ${work.conflicts} conflicts in a row`));
        return false;
      }
      case 'unknown': {
        this.loader.forget(work.stream);
        giveUp(work, outcomes, outcome.cause);
        return false;
      }
    }
  }
}

function giveUp(work: Work, outcomes: Outcome[], cause: unknown): void {
  for (const { place } of work.waiting) outcomes[place] = { status: 'unknown', cause };
}

function groupByWallet(commands: readonly Addressed<PointsCommand>[]): Work[] {
  const works = new Map<string, Work>();
  commands.forEach(({ wallet, command }, place) => {
    const stream = walletStream(wallet);
    const work = works.get(stream);
    if (work === undefined) works.set(stream, { stream, wallet, waiting: [{ place, command }], conflicts: 0 });
    else work.waiting.push({ place, command });
  });
  return [...works.values()];
}

function loadedOf(loaded: ReadonlyMap<string, Loaded>, stream: string): Loaded {
  const found = loaded.get(stream);
  if (found === undefined) throw new Error(`${stream} was not loaded`);
  return found;
}

/** Lets everything that waits for the event loop go first. */
async function nextTurn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
