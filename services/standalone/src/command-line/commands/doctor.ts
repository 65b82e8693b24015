import { access, constants, stat, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { AnswerIsNo, type SessionOf } from '../session.ts';

interface Finding { readonly check: string; readonly ok: boolean; readonly detail: string }

const DISK_BYTES_MIN = 2 * 2 ** 30;
const MEMORY_BYTES_MIN = 2 * 2 ** 30;

/** `trebol doctor`: what would stop the platform from running here, before it is started. */
export function doctorCommand(root: Command, sessionOf: SessionOf): void {
  root.command('doctor').description('check this machine and data folder / comprueba esta máquina y la carpeta de datos')
    .action(async (_options: unknown, command: Command) => {
      const { reporter, environment, options } = sessionOf(command);
      const findings = await examine(resolve(options.data ?? environment.dataFolder));
      reporter.document({ findings });
      if (!reporter.json) for (const { check, ok, detail } of findings) reporter.line(`  ${ok ? '✓' : '✗'} ${check.padEnd(12)} ${detail}`);
      if (findings.some((finding) => !finding.ok)) throw new AnswerIsNo('doctor');
    });
}

async function examine(folder: string): Promise<readonly Finding[]> {
  const parent = await firstExisting(folder);
  const writable = await access(parent, constants.W_OK).then(async () => (await stat(parent)).isDirectory(), () => false);
  const disk = await statfs(parent);
  const free = disk.bavail * disk.bsize;
  const major = Number(process.versions.node.split('.')[0]);
  return [
    { check: 'node', ok: major >= 24, detail: process.version },
    { check: 'memory', ok: totalmem() >= MEMORY_BYTES_MIN, detail: `${(totalmem() / 2 ** 30).toFixed(1)} GiB` },
    { check: 'data folder', ok: writable, detail: folder },
    { check: 'disk', ok: free >= DISK_BYTES_MIN, detail: `${(free / 2 ** 30).toFixed(1)} GiB` },
    { check: 'root', ok: true, detail: process.getuid?.() === 0 ? 'PostgreSQL will run as postgres or nobody; the data folder must be reachable for it' : 'no' },
  ];
}

async function firstExisting(path: string): Promise<string> {
  const there = await access(path).then(() => true, () => false);
  return there || path === dirname(path) ? path : firstExisting(dirname(path));
}
