import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '@trebol/contracts';

const SAMPLE_EVERY_MS = 1_000;

/**
 * Samples the memory of this process and its PostgreSQL: proportional set size, so that shared buffers count
 * once. Linux only; elsewhere this process alone.
 */
export class MemoryWatch {
  private readonly over = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private peak = 0;

  constructor(private readonly clock: Clock, private readonly postmaster: number | undefined) {}

  get peakBytes(): number { return this.peak; }

  start(): void {
    this.running = this.watch();
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.running;
  }

  private async watch(): Promise<void> {
    while (!this.over.signal.aborted) {
      this.peak = Math.max(this.peak, await this.sample());
      await this.clock.sleep(SAMPLE_EVERY_MS, this.over.signal);
    }
  }

  private async sample(): Promise<number> {
    const server = this.postmaster === undefined ? [] : await family(this.postmaster);
    const sizes = await Promise.all(server.map(proportionalBytes));
    return process.memoryUsage.rss() + sizes.reduce((sum, bytes) => sum + bytes, 0);
  }
}

/**
 * A process and its children. The kernel lists them; where it was built without that, all processes are
 * looked through.
 */
async function family(root: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${root}/task/${root}/children`, 'utf8').catch(() => undefined);
  if (children !== undefined) return [root, ...children.split(' ').filter(Boolean).map(Number)];
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const));
  return [root, ...parents.filter(([, parent]) => parent === root).map(([pid]) => pid)];
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}

async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}
