import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

/** A copy of the rig in a tree of its own, so that its cache is empty, and a PATH with nothing on it but what a test puts there. */
describe('the Kafka rig on a machine that lacks something', () => {
  let root = '';
  const rig = () => join(root, 'tools', 'rigs', 'kafka');
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'trebol-rig-'));
    mkdirSync(rig(), { recursive: true });
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    for (const file of ['rig.ts', 'login.ts', 'ports.ts', 'unavailable.ts', 'pom.xml']) copyFileSync(join(import.meta.dirname, file), join(rig(), file));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const command = (name, script) => writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const says = (call, env = {}) => {
    const code = `import * as rig from ${JSON.stringify(join(rig(), 'rig.ts'))};
      console.log(await (${call})(rig).then(String, (error) => error.name + ': ' + error.message));`;
    const done = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', code], { env: { PATH: join(root, 'bin'), ...env }, encoding: 'utf8' });
    return done.stdout.trim() || done.stderr;
  };

  it('given no java, when it is asked, then it says so and starts nothing', () => {
    expect(says('(rig) => rig.whyNoKafka()')).toBe('Kafka needs Java 17 or newer, and there is no java on PATH');
    expect(says('(rig) => rig.startKafka()')).toBe('RigUnavailable: Kafka needs Java 17 or newer, and there is no java on PATH');
  });

  it('given a run that has asked before, when it is asked, then the answer is the same and nothing is tried again', () => {
    command('java', `touch ${join(root, 'tried')}; echo 'openjdk version "21.0.1" 2023-10-17' >&2`);
    expect(says('(rig) => rig.whyNoKafka()', { TREBOL_NO_KAFKA: 'no jars' })).toBe('no jars');
    expect(existsSync(join(root, 'tried'))).toBe(false);
  });

  it('given an old java, when it is asked, then it names both versions', () => {
    command('java', `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);
    expect(says('(rig) => rig.whyNoKafka()')).toBe('Kafka needs Java 17 or newer; java on PATH is 11');
  });

  it('given no jars and no Maven, when it is asked, then it says so', () => {
    command('java', `echo 'openjdk version "21.0.1" 2023-10-17' >&2`);
    expect(says('(rig) => rig.whyNoKafka()')).toContain('there is no mvn on PATH');
  });

  it('given Maven that reaches nothing, when a broker is started, then its own words are repeated and no half copy stays', () => {
    command('java', `echo 'openjdk version "21.0.1" 2023-10-17' >&2`);
    command('mvn', `case "$*" in *-version*) exit 0;; esac; echo '[ERROR] Could not transfer artifact'; exit 1`);
    expect(says('(rig) => rig.startKafka()')).toBe("RigUnavailable: Maven could not get Kafka's jars: [ERROR] Could not transfer artifact");
    expect(says('(rig) => rig.whyNoKafka()')).toBe("Maven could not get Kafka's jars: [ERROR] Could not transfer artifact");
  });
});
