#!/usr/bin/env node
// Node 24 comes with the packages; a shell may still find the system's older Node first. Nothing else is loaded before that is settled.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const NODE_MAJOR_MIN = 24;
const bundled = join(import.meta.dirname, '..', '..', '..', '..', 'node_modules', '.bin', 'node');

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN && existsSync(bundled)) {
  const done = spawnSync(bundled, process.argv.slice(1), { stdio: 'inherit' });
  process.exit(done.status ?? 3);
} else {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv);
}
