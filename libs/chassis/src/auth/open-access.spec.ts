import { describe, expect, it } from '@jest/globals';
import { isOnThisMachine } from './open-access.ts';

type Asked = Parameters<typeof isOnThisMachine>[0];

const request = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
  ({ headers: { host: 'localhost:3000', ...headers }, raw: { socket: { remoteAddress } } }) as unknown as Asked;

describe('open mode', () => {
  it.each([
    ['a call from this machine', request({}), true],
    ['the same by IPv6', request({ host: '[::1]:3000' }, '::1'), true],
    ['a page served by this machine', request({ origin: 'http://127.0.0.1:3000' }), true],
    ['another machine', request({}, '10.0.0.7'), false],
    ['a proxy on this machine', request({ 'x-forwarded-for': '10.0.0.7' }), false],
    ['a foreign name that resolves here', request({ host: 'evil.example' }), false],
    ['a page of another origin', request({ origin: 'https://evil.example' }), false],
    ['a sandboxed page', request({ origin: 'null' }), false],
  ])('given %s, then it passes or not', (_name, asked, expected) => {
    expect(isOnThisMachine(asked)).toBe(expected);
  });
});
