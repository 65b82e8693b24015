#!/usr/bin/env -S node --max-semi-space-size=32 --heap-growing-percent=50
// A heap that is collected before it has doubled keeps the whole platform, PostgreSQL included, well below
// 1 GB while a year of tickets is imported; it costs a few per cent of the time. Node 24 comes with the packages; a shell may still find the system's older Node
// first. Nothing else is loaded before that is settled.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const NODE_MAJOR_MIN = 24;
const BROKE = 3;
const bundled = join(import.meta.dirname, '..', '..', '..', '..', 'node_modules', '.bin', 'node');

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN && existsSync(bundled)) {
  const child = spawn(bundled, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  // Whoever stops this process means the platform.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(
    signal, () => { child.kill(signal); }
  );
  child.once('error', () => { process.exitCode = BROKE; });
  child.once('exit', (code, signal) => { process.exitCode = code ?? (signal ? BROKE : 0); });
} else {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv);
}
