import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { jsonLog, jsonLogger } from './json-logger.ts';

function collector(): { lines: string[]; stream: Writable } {
  const lines: string[] = [];
  return { lines, stream: new Writable({ write: (chunk: Buffer, _encoding, done) => { lines.push(chunk.toString()); done(); } }) };
}

describe('logs', () => {
  it('given personal data and keys in members and in text, then none of them is written', () => {
    const { lines, stream } = collector();
    const log = jsonLog({ service: 'enrollment', level: 'info', destination: stream });
    log.info({ req: { headers: { authorization: 'Bearer secret-1' } }, member: { email: 'ana@example.org', phone: '600112233' } }, 'one');
    log.error(new Error('Key (email)=(ana@example.org) exists; Bearer secret-2; trb_live_abcdefghijklm; +34 600 112 233'));
    log.warn('cannot reach postgres://trebol:hunter2@db/trebol');
    const written = lines.join('');
    expect(written).not.toMatch(/ana@|secret-|600|abcdefghijklm|hunter2/);
    expect(lines.map((line) => (JSON.parse(line) as { service: string }).service)).toEqual(['enrollment', 'enrollment', 'enrollment']);
  });

  it('given level warn, when Nest logs, then information is left out and warnings are JSON with their context', () => {
    const { lines, stream } = collector();
    const logger = jsonLogger({ service: 'ledger', level: 'warn', destination: stream });
    logger.log('starting', 'NestFactory');
    logger.warn('slow', 'Projector');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'slow', context: 'Projector', service: 'ledger' });
  });
});
