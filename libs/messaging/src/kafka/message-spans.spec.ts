import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** What the instrumentation puts around kafkajs says so of itself. */
const LOADS_KAFKAJS = `
  import kafkajs from 'kafkajs';
  const { producer, consumer } = kafkajs.Kafka.prototype;
  console.log([producer, consumer].every((method) => method.__wrapped === true));
  process.exit(0);
`;

it.each([['1', 'true'], ['', 'false']])(
  'given TREBOL_TRACE_KAFKA=%p and an exporter, when a process loads telemetry first, then messages have spans of their own: %s',
  async (traced, said) => {
    const flags = ['--conditions=@trebol/source', '--import', '@trebol/chassis/otel', '--input-type=module', '--eval', LOADS_KAFKAJS];
    const env = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'none', TREBOL_TRACE_KAFKA: traced };
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, env });
    expect(stdout.trim()).toBe(said);
  },
);
