import type { FastifyRequest } from 'fastify';

const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Headers that a proxy adds: behind one, every caller of the world comes from loopback. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

function nameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/**
 * Whether a request without a key may pass in open mode: made on this machine, to this machine's own name (a foreign name
 * that resolves to loopback is DNS rebinding), through no proxy, and by no page of another origin.
 */
export function isOnThisMachine(request: Pick<FastifyRequest, 'headers' | 'raw'>): boolean {
  const { headers } = request;
  if (!LOOPBACK_ADDRESSES.has(request.raw.socket.remoteAddress ?? '')) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  if (!LOOPBACK_NAMES.has(nameOf(`http://${headers.host ?? ''}`) ?? '')) return false;
  return headers.origin === undefined || LOOPBACK_NAMES.has(nameOf(headers.origin) ?? '');
}
