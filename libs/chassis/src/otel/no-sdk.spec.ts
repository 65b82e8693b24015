import { trace } from '@opentelemetry/api';
import { expect, it } from '@jest/globals';
import { recordSpans } from '@trebol/testing';
import { batchSpan } from './batch-span.ts';
import { isTracing, sampledTraceparent } from './trace-parent.ts';

function* never(): Generator<string> {
  yield* [];
  throw new Error('somebody looked where the items come from');
}

it('given no SDK, then nothing is traced, nothing is kept, and nobody looks at the items of a batch', async () => {
  expect([isTracing(), sampledTraceparent()]).toEqual([false, undefined]);
  await expect(batchSpan({ name: 'x', origins: never() }, () => Promise.resolve(sampledTraceparent()))).resolves.toBeUndefined();
});

it('given an SDK, then it is seen, and the items are looked at, until it is stopped', async () => {
  const recording = recordSpans();
  expect(isTracing()).toBe(true);
  await expect(async () => batchSpan({ name: 'x', origins: never() }, () => Promise.resolve())).rejects.toThrow('somebody looked');
  recording.stop();
  trace.disable();
  expect(isTracing()).toBe(false);
});
