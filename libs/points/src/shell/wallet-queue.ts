import { StoreOverloaded } from '@trebol/event-store';
import { WALLET_QUEUE_BATCH_MAX, WALLET_QUEUE_MAX } from '../limits.ts';

/** Too many commands wait for one wallet: come back later. Nothing was decided. */
export class WalletBusy extends Error {
  override readonly name = 'WalletBusy';
}

interface Waiting<Command, Answer> {
  readonly command: Command;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lines up the commands of one wallet, so that the tills of this process do not fight each other for its revision. What queues while an
 * append is under way is decided together and shares the next one; there are no timers.
 */
export class WalletQueue<Command, Answer> {
  private readonly queues = new Map<string, Waiting<Command, Answer>[]>();
  private readonly work: (commands: readonly Command[]) => Promise<readonly Answer[]>;

  /** `work`: decides and appends commands of one wallet, one answer for each, in order. */
  constructor(work: (commands: readonly Command[]) => Promise<readonly Answer[]>) {
    this.work = work;
  }

  /** Rejects with WalletBusy when the wallet's queue is full, and with what `work` threw for this command. */
  async run(wallet: string, command: Command): Promise<Answer> {
    const queue = this.queues.get(wallet);
    if (queue !== undefined && queue.length >= WALLET_QUEUE_MAX) {
      throw new WalletBusy(`${WALLET_QUEUE_MAX} commands wait for ${wallet}`);
    }
    return new Promise<Answer>((resolve, reject) => {
      const waiting = { command, resolve, reject };
      if (queue === undefined) {
        this.queues.set(wallet, []);
        void this.drain(wallet, [waiting]);
      } else {
        queue.push(waiting);
      }
    });
  }

  private async drain(wallet: string, first: readonly Waiting<Command, Answer>[]): Promise<void> {
    for (let batch = first; batch.length > 0; batch = this.queues.get(wallet)?.splice(0, WALLET_QUEUE_BATCH_MAX) ?? []) {
      await this.answer(batch);
    }
    this.queues.delete(wallet);
  }

  /** A fault in one command must not answer for its neighbours: they are then worked one by one. Too much to do is nobody's fault. */
  private async answer(batch: readonly Waiting<Command, Answer>[]): Promise<void> {
    try {
      const answers = await this.work(batch.map((waiting) => waiting.command));
      batch.forEach((waiting, index) => {
        const answer = answers[index];
        if (answer === undefined) waiting.reject(new Error('A command was left without an answer'));
        else waiting.resolve(answer);
      });
    } catch (error) {
      if (batch.length === 1 || error instanceof StoreOverloaded) batch.forEach((waiting) => { waiting.reject(error); });
      else for (const waiting of batch) await this.answer([waiting]);
    }
  }
}
