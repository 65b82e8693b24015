import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Faults, Order, Report } from './faults.ts';

export type { Faults } from './faults.ts';

export interface EventStoreRig {
  /** Connection string, `esdb://127.0.0.1:PORT?tls=false`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly faults: {
    /** Replaces all faults set before; `{}` ends them. */
    set(faults: Faults): Promise<void>;
    /** Cuts all connections there are; new ones are taken. */
    cut(): Promise<void>;
  };
  /** SIGSTOP: the server is there and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL, as a power cut does it; with a folder, what was answered is on disk. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server that speaks EventStoreDB's protocol as far as our adapter uses it, in a process of its own on loopback. For
 * tests: without a folder everything is in its memory, with one it comes back after `kill` on the same port.
 */
export async function startEventStoreRig(options: { folder?: string; port?: number } = {}): Promise<EventStoreRig> {
  const args = [String(options.port ?? 0), ...(options.folder === undefined ? [] : [options.folder])];
  const child = fork(join(import.meta.dirname, 'process.ts'), args, { execArgv: ['--no-warnings'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await portOf(child);
  const orders = ordersTo(child);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`, port, pid: child.pid ?? 0, kill, stop: kill,
    faults: { set: (faults) => orders({ order: 'faults', faults }), cut: () => orders({ order: 'cut' }) },
    freeze: () => { child.kill('SIGSTOP'); },
    thaw: () => { child.kill('SIGCONT'); },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (report: Report) => { if ('port' in report) resolve(report.port); });
    child.once('exit', (code) => { reject(new Error(`the event store rig ended with ${code} before it listened`)); });
  });
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'n'> : never;

/** Sends an order and waits until it is carried out. */
function ordersTo(child: ChildProcess): (order: Unnumbered<Order>) => Promise<void> {
  const waiting = new Map<number, () => void>();
  let last = 0;
  child.on('message', (report: Report) => { if ('done' in report) waiting.get(report.done)?.(); });
  return (order) => new Promise((resolve) => {
    last += 1;
    waiting.set(last, resolve);
    child.send({ ...order, n: last });
  });
}
