import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

describe('counting what ran', () => {
  let folder = '';
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'trebol-count-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const report = (name, titles, counts = {}) => writeFileSync(join(folder, name), JSON.stringify({
    numPassedTests: titles.length, numFailedTests: 0, numRuntimeErrorTestSuites: 0, numPendingTests: 0, numTodoTests: 0, ...counts,
    testResults: [{ assertionResults: titles.map((title) => ({ title, status: 'passed' })) }],
  }));
  const count = () => {
    const done = spawnSync(process.execPath, [join(import.meta.dirname, 'count-tests.mjs'), folder], { encoding: 'utf8' });
    return { said: done.stdout.trimEnd().split('\n'), code: done.status };
  };

  it('given suites that could not run, when they are counted, then each is told once, before the sum, and none of them has passed', () => {
    report('unit.json', ['a', 'b']);
    report('stack.json', ['c', 'not run: Kafka: no java', 'not run: Kafka: no java', 'not run: a broker that dies'], { numPendingTests: 1 });
    expect(count()).toEqual({ said: ['not run: Kafka: no java', 'not run: a broker that dies', '3 passed, 0 failed, 4 skipped'], code: 0 });
  });

  it('given a suite that broke or a run in which nothing was tested, when it is counted, then it is a failure', () => {
    report('unit.json', ['not run: everything']);
    expect(count()).toEqual({ said: ['not run: everything', '0 passed, 0 failed, 1 skipped'], code: 1 });
    report('stack.json', ['a'], { numRuntimeErrorTestSuites: 1 });
    expect(count()).toMatchObject({ code: 1, said: expect.arrayContaining(['1 passed, 1 failed, 1 skipped']) });
  });
});
