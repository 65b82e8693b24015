// The environment of one service's process.

/**
 * Connections of a service's own schema; beside them the bus has seven and the event store up to fourteen.
 */
const POOL_MAX = 6;
/** Services that read or write wallet streams. */
const USES_EVENT_STORE = new Set(['earning', 'redemption', 'ledger']);
/** Services that compute identifier tokens. */
const KNOWS_IDENTIFIERS = new Set(['enrollment', 'earning', 'redemption']);
/** Variables of this process that say where it stands itself: no service needs to see them. */
const OWN_VARIABLES = /^(DATABASE_URL|EVENT_STORE_URL|BUS_URL|TREBOL_.*|NODE_OPTIONS)$/;
/** Of those, what an operator sets for all services; each takes what it knows (`README.md`). */
const PASSED_ON = [
  'TREBOL_ZONE', 'TREBOL_POINT_TYPES', 'TREBOL_REVERSAL_POLICY', 'TREBOL_RETURN_WINDOW_DAYS',
  'TREBOL_METRICS_OPEN', 'TREBOL_SHUTDOWN_NOTICE_MS', 'TREBOL_TRACE_KAFKA',
];

/** What only some services are told. */
const OF_SOME = [
  [USES_EVENT_STORE, ({ eventStoreUrl, roles }) => ({ EVENT_STORE_URL: eventStoreUrl ?? roles.eventStore.url })],
  [KNOWS_IDENTIFIERS, ({ identifierKey }) => ({ TREBOL_IDENTIFIER_KEY: identifierKey })],
  [new Set(['enrollment']), ({ roles }) => ({ TREBOL_ACCESS_URL: roles.access.url })],
  [new Set(['earning']), ({ folder }) => ({ TREBOL_DATA: folder.files })],
  [new Set(['segmentation']), ({ folder }) => ({ TREBOL_DATA: folder.analytics })],
];

/**
 * What a service reads from its environment, as things are when it is started.
 * @param {string} service
 * @param {any} stores what `openStores` opened; `eventStoreUrl`: another event store than PostgreSQL's
 * @param {Record<string, string | undefined>} own this process's own variables
 */
export function environmentOf(service, stores, own = process.env) {
  const { broker, roles, sandbox, crashAt } = stores;
  const inherited = Object.entries(own).filter(([name]) => !OWN_VARIABLES.test(name) || PASSED_ON.includes(name));
  const particular = OF_SOME.filter(([services]) => services.has(service)).map(([, told]) => told(stores));
  return {
    ...Object.fromEntries(inherited),
    DATABASE_URL: roles[service].url, BUS_URL: broker.url ?? roles.bus.url, LOG_LEVEL: own.LOG_LEVEL ?? 'warn',
    TREBOL_HOST: '127.0.0.1', TREBOL_PORT: '0', TREBOL_POOL_MAX: String(POOL_MAX), TREBOL_STOP_WITH_STDIN: '1',
    OTEL_SERVICE_NAME: service,
    ...Object.assign({}, ...particular),
    ...(crashAt ? { TREBOL_TEST_CRASH_AT: crashAt(service) } : {}),
    ...(sandbox ? { TREBOL_TEST_CLOCK_OFFSET_MS: String(sandbox.offset()) } : {}),
  };
}
