import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Logger as NestLogger } from '@nestjs/common';
import { type Context, context, type ContextManager, ROOT_CONTEXT, trace } from '@opentelemetry/api';
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

  it('given members of people and secrets at any depth and in any spelling, then their values are left out and the rest stays', () => {
    const { lines, stream } = collector();
    const deep = { a: { b: { c: { first_name: 'Ana', 'Set-Cookie': 'sid=1', points: 7, list: [{ birthDate: '1990-02-03', sku: 'x' }] } } } };
    jsonLog({ service: 's', level: 'info', destination: stream }).info({ ...deep, photo: Buffer.from('face'), when: new Date(0) }, 'deep');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      a: { b: { c: { first_name: '[redacted]', 'Set-Cookie': '[redacted]', points: 7, list: [{ birthDate: '[redacted]', sku: 'x' }] } } },
      photo: '[4 bytes]', when: '1970-01-01T00:00:00.000Z', msg: 'deep',
    });
  });

  it('given what refers to itself or is deeper than anybody logs, then the line ends', () => {
    const { lines, stream } = collector();
    const round: Record<string, unknown> = { name: 'x' };
    round['self'] = round;
    jsonLog({ service: 's', level: 'info', destination: stream }).info(round, 'round');
    expect(lines[0]).toContain('"self":"[deeper]"');
  });

  it('given a failed query, then its code and causes are logged and the row is not', () => {
    const { lines, stream } = collector();
    const driver = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (surname)=(Zubizarreta) already exists.' });
    const failed = Object.assign(new Error('query failed', { cause: driver }), { parameters: ['Zubizarreta'], query: 'INSERT', driverError: driver });
    const log = jsonLog({ service: 's', level: 'info', destination: stream });
    log.error({ err: failed, traceId: 't' }, 'a request failed');
    log.error(failed);
    jsonLogger({ service: 's', level: 'info', destination: stream }).error({ err: failed, traceId: 't' }, 'a request failed', 'ProblemFilter');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).not.toContain('Zubizarreta');
      expect(JSON.parse(line)).toMatchObject({ err: { message: 'query failed', cause: { code: '23505' } } });
    }
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ traceId: 't', context: 'ProblemFilter' });
  });

  it('given a span, then lines written in it carry its ids, and others none', () => {
    const { lines, stream } = collector();
    const log = jsonLog({ service: 's', level: 'info', destination: stream });
    const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    let active: Context = ROOT_CONTEXT;
    const contexts: ContextManager = {
      active: () => active, with: (_entered, work, self, ...args) => work.apply(self, args), bind: (_entered, target) => target,
      enable: () => contexts, disable: () => contexts,
    };
    context.setGlobalContextManager(contexts);
    log.info('outside');
    active = trace.setSpanContext(ROOT_CONTEXT, spanContext);
    log.info('inside');
    context.disable();
    const [outside, inside] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(outside).not.toHaveProperty('trace_id');
    expect(inside).toMatchObject({ trace_id: spanContext.traceId, span_id: spanContext.spanId, msg: 'inside' });
  });

  it('given Nest\'s static logger, then it writes through what the application was given', () => {
    const { lines, stream } = collector();
    NestLogger.overrideLogger(jsonLogger({ service: 's', level: 'info', destination: stream }));
    new NestLogger('Background').error({ err: new Error('no'), name: 'relay' }, 'did not stop');
    NestLogger.overrideLogger(false);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { message: 'no' }, name: 'relay', msg: 'did not stop' });
  });
});
