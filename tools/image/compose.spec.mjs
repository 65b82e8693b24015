import { describe, expect, it } from '@jest/globals';
import { checkCompose, parseCompose } from './compose-rules.mjs';
import { composeFacts, read } from './image.facts.mjs';

const text = read('docker-compose.yml');
const replaced = (from, to) => text.replace(from, to);
const check = (changed, facts = composeFacts) => checkCompose(changed, facts).join('\n');

// Held by its text: no engine has started it here.
describe('the compose file, by its text', () => {
  it('given ours, then no rule is broken', () => {
    expect(check(text)).toBe('');
  });

  it.each([
    ['a name', `name: trebol\n${text}`, /top-level name/],
    ['another version', replaced('version: "3.8"', 'version: "3"'), /version "3.8"/],
    ['a default password', replaced('${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}', '${POSTGRES_PASSWORD:-trebol}'), /POSTGRES_PASSWORD has a default/],
    ['a password in it', replaced('${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}', 'trebol'), /POSTGRES_PASSWORD has its password/],
    ['a password in an address', replaced('trebol:${POSTGRES_PASSWORD}@', 'trebol:trebol@'), /DATABASE_URL has its password/],
    ['a variable nobody tells of', replaced('${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}', '${PG_PASSWORD:?x}'), /PG_PASSWORD is asked for/],
    ['an image that moves', replaced(/image: apache\/kafka:\S+/, 'image: apache/kafka:latest'), /kafka: image .* not pinned/],
    ['a port for everybody', replaced('127.0.0.1:3000:3000', '3000:3000'), /trebol: port 3000:3000/],
    ['all secrets in every container', replaced('  init: true', '  init: true\n  env_file: .env'), /env_file/],
    ['a privileged container', replaced('  init: true', '  init: true\n  privileged: true'), /may do everything/],
    ['the engine handed in', replaced('volumes: ["data:/data"]', 'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'), /may do everything/],
    ['a root that can be written', replaced('read_only: true', 'read_only: false'), /earning: the root file system/],
    ['capabilities', replaced('cap_drop: [ALL]', 'cap_drop: []'), /earning: keeps capabilities/],
    ['privileges to gain', replaced('security_opt: ["no-new-privileges:true"]', 'security_opt: []'), /earning: may gain/],
    ['root', replaced('  init: true', '  init: true\n  user: root'), /earning: runs as root/],
    ['no time to stop', replaced('stop_grace_period: 30s', 'stop_grace_period: 25s'), /earning: killed after 25s/],
    ['a command that is not built', replaced('services/ledger/dist/main.js', 'services/ledger/dist/gone.js'), /ledger: runs .*gone.js/],
    ['a misspelt variable', replaced('OTEL_SERVICE_NAME: ledger', 'EVENTSTORE_URL: esdb://x'), /ledger: nothing reads EVENTSTORE_URL/],
    ['what an operator sets for all and nobody reads', replaced('TREBOL_ZONE: ${TREBOL_ZONE:-}', 'TREBOL_ZONA: ${TREBOL_ZONA:-}'), /earning: nothing reads TREBOL_ZONA/],
    ['another service\'s variable', replaced('OTEL_SERVICE_NAME: ledger', 'TREBOL_ACCESS_URL: postgres://a@b/c'), /ledger: nothing reads TREBOL_ACCESS_URL/],
    ['an address of no scheme', replaced('BUS_URL: kafka://kafka:9092', 'BUS_URL: kafka:9092'), /earning: BUS_URL an address/],
    ['what the schema needs left out', replaced(/\n *TREBOL_IDENTIFIER_KEY: [^\n]*(?=\n *volumes: \["uploads)/, ''), /earning: TREBOL_IDENTIFIER_KEY/],
    ['a variable the command line does not read', replaced('      LOG_LEVEL: ${LOG_LEVEL:-info}\n', '      LOG_LEVL: info\n'), /trebol: nothing reads LOG_LEVL/],
    ['a container nobody knows', replaced('\n  gateway:\n', '\n  other:\n    <<: *service\n\n  gateway:\n'), /other: nobody says/],
  ])('given %s, then that is said', (_, changed, said) => {
    expect(changed).not.toBe(text);
    expect(check(changed)).toMatch(said);
  });

  it('given an example with a password in it, then that is said', () => {
    expect(check(text, { ...composeFacts, example: { ...composeFacts.example, POSTGRES_PASSWORD: 'trebol' } })).toMatch(/somebody would keep it/);
  });

  it('given the broker, then it is the version that the stack tests run', () => {
    const version = /<kafka\.version>([^<]+)</.exec(read('tools/rigs/kafka/pom.xml'))?.[1];
    expect(parseCompose(text).services.kafka.image).toBe(`apache/kafka:${version}`);
  });

  it('given the event store, then it counts as healthy when it leads, not when it answers', () => {
    const [, test] = parseCompose(text).services.eventstore.healthcheck.test;
    expect(test).toContain('/info');
    expect(test).toContain('leader');
  });

  it('given the broker, then the chain\'s own programs reach it from this machine, and not from another', () => {
    const { environment, ports } = parseCompose(text).services.kafka;
    expect(environment.KAFKA_LISTENERS).toContain('EXTERNAL://:9094');
    expect(environment.KAFKA_ADVERTISED_LISTENERS).toContain('EXTERNAL://127.0.0.1:');
    expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:.*:9094$/)]);
  });
});
