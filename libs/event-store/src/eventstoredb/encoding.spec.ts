import shared from '@eventstore/db-client/generated/shared_pb.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EVENT_FRAME_BYTES, RECORDED_AT_MS_MIN, SCHEMA_VERSION_MAX } from '../validate-append.ts';
import { toClientUrl } from './connection.ts';
import { framed, idOf } from './encoding.ts';
import { isPassing, NoAnswer } from './failures.ts';
import { comparePositions, fromCheckpoint, type Position, toCheckpoint } from './positions.ts';

describe('what EventStoreDB is given', () => {
  it('given the longest version and instant, when framed, then it is no longer than the limit counts for it', () => {
    const longest = framed({ schemaVersion: SCHEMA_VERSION_MAX, recordedAt: RECORDED_AT_MS_MIN, metadata: '' });
    expect(longest.length).toBeLessThanOrEqual(EVENT_FRAME_BYTES);
  });

  it('given any id, when the server gives it as text or as two signed numbers, then it is the same id', () => {
    const half = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    fc.assert(fc.property(half, half, (most, least) => {
      const halves = new shared.UUID.Structured().setMostSignificantBits(String(most)).setLeastSignificantBits(String(least));
      const id = idOf(new shared.UUID().setStructured(halves));
      expect(BigInt.asIntN(64, BigInt(`0x${id.replaceAll('-', '').slice(0, 16)}`))).toBe(most);
      expect(BigInt.asIntN(64, BigInt(`0x${id.replaceAll('-', '').slice(16)}`))).toBe(least);
      expect(idOf(new shared.UUID().setString(id.toUpperCase()))).toBe(id);
    }));
    expect(idOf(undefined)).toBe('');
  });

  it('given any two positions, when compared, then their checkpoints say the same, and come back as they were', () => {
    const position = fc.record({ commit: fc.bigInt(0n, 2n ** 63n - 1n), prepare: fc.bigInt(0n, 2n ** 63n - 1n) });
    fc.assert(fc.property(position, position, (a, b) => {
      const read = (one: Position): Position => fromCheckpoint(toCheckpoint(one));
      expect([read(a), read(b)]).toEqual([a, b]);
      expect(Math.sign(comparePositions(a, b)) + Math.sign(comparePositions(b, a))).toBe(0);
      expect(comparePositions(a, b) < 0).toBe(a.commit < b.commit || (a.commit === b.commit && a.prepare < b.prepare));
    }));
  });

  it.each([
    ['kurrentdb://a:1?tls=false', 'esdb://a:1?tls=false&keepAliveTimeout=5000'],
    ['kurrentdb+discover://user:pass@a', 'esdb+discover://user:pass@a?keepAliveTimeout=5000'],
    ['esdb://a,b,c?keepAliveTimeout=700', 'esdb://a,b,c?keepAliveTimeout=700'],
  ])('given the URL %s, then the client is given %s', (given, expected) => {
    expect(toClientUrl(given)).toBe(expected);
  });

  it('given an error, then what a restart explains is tried again, and what is refused is not', () => {
    const coded = (code: unknown, message = '') => Object.assign(new Error(message), { code });
    for (const error of [new NoAnswer('silent'), coded(13), coded(14), coded('ECONNRESET'), new Error('Failed to discover after 10 attempts.')]) expect(isPassing(error)).toBe(true);
    expect(isPassing(Object.assign(coded(5), { metadata: { get: () => ['not-leader'] } }))).toBe(true);
    for (const error of [coded(7), coded(16), coded(12), new TypeError('x'), 'text']) expect(isPassing(error)).toBe(false);
  });
});
