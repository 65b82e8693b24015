import { describe, expect, it } from '@jest/globals';
import { metadataOf, originOf, traceparentOf } from './metadata.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('what an event says of where it comes from', () => {
  it('given a command alone, then only its id is stored, as it always was', () => {
    expect(metadataOf({ commandId: 's1~"1"', occurredAt: 0 })).toBe('{"c":"s1~\\"1\\""}');
    expect(traceparentOf({ metadata: '{"c":"s1"}' })).toBeUndefined();
    expect(originOf({ metadata: '{"c":"s1"}' })).toEqual({ commandId: 's1', causationId: undefined, traceparent: undefined });
  });

  it('given a cause and a trace, then both are stored and read again', () => {
    const metadata = metadataOf({ commandId: 'mrg_1', occurredAt: 0, causationId: 'demo.m.7', traceparent });
    expect(metadata).toBe(`{"c":"mrg_1","b":"demo.m.7","t":"${traceparent}"}`);
    expect(traceparentOf({ metadata })).toBe(traceparent);
    expect(originOf({ metadata })).toEqual({ commandId: 'mrg_1', causationId: 'demo.m.7', traceparent });
  });

  it('given a cause without a trace, then no trace is found', () => {
    expect(traceparentOf({ metadata: metadataOf({ commandId: 'a', occurredAt: 0, causationId: 'b'.repeat(90) }) })).toBeUndefined();
  });

  it.each([undefined, '', '{}', `{"c":"x,\\"t\\":\\"${traceparent}\\"}"}`, `{"t":"${traceparent}","c":"x"}`])(
    'given the metadata %p, then it names no trace', (metadata) => {
      expect(traceparentOf({ metadata })).toBeUndefined();
    });

  it('given metadata that is nothing, then there is no origin', () => {
    expect(originOf({})).toBeUndefined();
  });
});
