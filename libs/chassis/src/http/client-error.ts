import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemCode } from '../problems/catalogue.ts';
import { languageOf } from '../problems/language.ts';
import { Problem, problemDocument } from '../problems/problem.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** What Node's parser says of bytes that never became a request. */
interface ParserError extends Error { readonly code: string; readonly rawPacket?: Uint8Array }

const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headersTooLarge', ERR_HTTP_REQUEST_TIMEOUT: 'requestTooSlow',
};

/** Characters in which the caller's language is looked for: headers come at the beginning. */
const HEADERS_CHARACTERS_READ = 16_384;

const languageIn = (packet: Uint8Array | undefined): string | undefined => /^accept-language:\s*([^\r\n]*)/im.exec(
  Buffer.from(packet ?? []).toString('latin1', 0, HEADERS_CHARACTERS_READ),
)?.[1];

/**
 * Answers a connection whose bytes are no HTTP request (headers over Node's 16 KiB, nonsense, too slow) with a problem document like any
 * other, and closes it.
 */
export function answerClientError(error: Error, socket: Socket, traceId: string): void {
  const { code, rawPacket } = error as ParserError;
  // A caller that is gone is not answered.
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const language = languageOf(languageIn(rawPacket));
  const problem = new Problem(CODES[code] ?? 'unreadableRequest');
  const body = Buffer.from(JSON.stringify(problemDocument(problem, language, traceId)));
  const headers = {
    ...SECURITY_HEADERS, 'content-type': 'application/problem+json', 'content-language': language, 'content-length': body.length,
    'x-request-id': traceId, connection: 'close',
  };
  const head = [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
}
