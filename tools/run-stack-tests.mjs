// Stack tests: whole processes over real servers, on loopback, bounded in time. Arguments go to Jest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

// Asked once: where the jars cannot be had, Maven needs its time to say so.
const ask = `import { whyNoKafka } from ${JSON.stringify(join(import.meta.dirname, 'rigs', 'kafka', 'rig.ts'))};
  process.stdout.write(await whyNoKafka() ?? '');`;
const node = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node');
const asked = spawnSync(node, ['--no-warnings', '--input-type=module', '-e', ask], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
if (asked.status !== 0) process.exit(asked.status ?? 1);

const done = spawnSync(process.execPath, [join(import.meta.dirname, 'run-jest.mjs'), '--runInBand', '--passWithNoTests', ...process.argv.slice(2)], {
  stdio: 'inherit', env: { ...process.env, TREBOL_STACK: '1', TREBOL_NO_KAFKA: asked.stdout },
});
process.exit(done.status ?? 1);
