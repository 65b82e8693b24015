import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Attributes } from '@opentelemetry/api';

/**
 * What replaces the attributes that the HTTP instrumentation takes from an incoming request: a query names people
 * (`?identifier=phone:…`), so only its parameters' names are kept; addresses and agents of callers are left out.
 */
export function safeIncomingAttributes(request: Pick<IncomingMessage, 'url'>): Attributes {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  const names = query === -1 ? [] : [...new URLSearchParams(url.slice(query + 1)).keys()];
  return {
    'url.query': names.length === 0 ? undefined : names.map((name) => `${/^\w{1,40}$/.test(name) ? name : '_'}=`).join('&'),
    'client.address': undefined, 'network.peer.address': undefined, 'network.peer.port': undefined, 'user_agent.original': undefined,
  };
}

/** The same for a request that this process makes: the address without path and query. */
export function safeOutgoingAttributes(options: RequestOptions): Attributes {
  const scheme = options.protocol ?? 'http:';
  const host = options.hostname ?? options.host ?? 'localhost';
  return { 'url.full': `${scheme}//${host}${options.port === undefined || options.port === null ? '' : `:${options.port}`}/` };
}
