/** What is known of a figure before it is first recorded. */
export interface Figure {
  /** counter: only grows. gauge: read when somebody asks. histogram: how often, how much in all, and how it is spread. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Unit in UCUM, as OpenTelemetry has it; `{…}` counts things. */
  readonly unit: string;
  readonly help: string;
  /** Each takes few values, known in advance: never an id, a tenant or a name that callers make up. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** A till waits tens of milliseconds; an import some seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/** From one message of a quiet hour to the largest batch there is. */
const MESSAGES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

type Labels = readonly string[];
const counter = <const L extends Labels>(unit: string, help: string, labels: L) => ({ kind: 'counter', unit, help, labels }) as const;
const gauge = <const L extends Labels>(unit: string, help: string, labels: L) => ({ kind: 'gauge', unit, help, labels }) as const;
const histogram = <const L extends Labels>(of: { unit: string; buckets: readonly number[] }, help: string, labels: L) =>
  ({ kind: 'histogram', ...of, help, labels }) as const;
const seconds = { unit: 's', buckets: SECONDS };

/**
 * Every figure that the platform's processes give, in one table: dashboards and alerts are written against these names, so they
 * are public and never renamed. A service records; it does not invent.
 */
export const figures = {
  trebol_http_request_duration_seconds: histogram(
    seconds, 'Requests answered, by the route that answered them', ['method', 'route', 'status'],
  ),
  trebol_http_problems_total: counter('{problem}', 'Problem answers by code', ['code']),

  trebol_points_issued_total: counter('{point}', 'Points put into wallets', ['reason']),
  trebol_points_redeemed_total: counter('{point}', 'Points spent, or taken for another reason', ['reason']),
  trebol_points_expired_total: counter('{point}', 'Points that lapsed unspent', []),
  trebol_points_reversed_total: counter('{point}', 'Points taken back for returns and voids', []),
  trebol_tickets_total: counter('{ticket}', 'Tickets by what became of them', ['outcome']),

  trebol_conservation_difference_points: gauge(
    '{point}', 'Points the last verify found too many or too few; anything but 0 is a fault', [],
  ),
  trebol_in_transit_points: gauge('{point}', 'Points that had left one wallet and not reached another, by the last verify without a difference', []),
  trebol_verify_differences: gauge('{difference}', 'Differences of any kind that the last verify found', []),
  trebol_verify_completed_timestamp_seconds: gauge('s', 'When the last verify ended, Unix time', []),

  trebol_projection_lag_events: gauge('{event}', 'Events recorded that a read model has not seen', ['projection']),
  trebol_projection_lag_seconds: gauge('s', 'Age of the oldest event that a read model has not seen', ['projection']),
  trebol_projection_batch_events: histogram({ unit: '{event}', buckets: MESSAGES }, 'Events of one projected batch', ['projection']),

  trebol_event_store_appends_total: counter('{append}', 'Appends to streams: appended, conflict, unknown', ['outcome']),
  trebol_event_store_append_duration_seconds: histogram(seconds, 'Time of one append call, however many streams it has', []),
  trebol_event_store_batch_streams: histogram({ unit: '{stream}', buckets: MESSAGES }, 'Streams of one append call', []),

  trebol_bus_published_total: counter('{message}', 'Messages that the bus has taken', ['topic']),
  trebol_bus_batch_messages: histogram({ unit: '{message}', buckets: MESSAGES }, 'Messages of one handled batch', ['topic', 'group']),
  trebol_bus_batch_duration_seconds: histogram(seconds, 'Time to handle one batch', ['topic', 'group', 'outcome']),
  trebol_bus_dead_letters_total: counter('{message}', 'Messages put aside because they will fail again', ['topic', 'group', 'code']),
  trebol_bus_dead_letters: gauge('{message}', 'Dead letters that wait for a replay', ['topic', 'group']),
  trebol_bus_lag_messages: gauge('{message}', 'Messages that a group has not handled', ['group']),
  trebol_bus_stalled_partitions: gauge('{partition}', 'Partitions whose batch has failed five times or more in a row', ['group']),

  trebol_database_connections: gauge('{connection}', 'Connections of a pool: used, idle, and requests waiting for one', ['pool', 'state']),

  process_cpu_seconds_total: counter('s', 'Processor time of this process', []),
  process_resident_memory_bytes: gauge('By', 'Resident memory of this process', []),
  process_start_time_seconds: gauge('s', 'When this process began, Unix time', []),
  nodejs_heap_used_bytes: gauge('By', 'JavaScript heap in use', []),
  nodejs_eventloop_delay_p99_seconds: gauge('s', 'Delay of the event loop, 99th percentile of the worst ten seconds of the last minute', []),
  trebol_build_info: gauge('1', 'Always 1; says which service and version this is', ['service', 'version']),
} as const satisfies Readonly<Record<string, Figure>>;

type Figures = typeof figures;

/** Names of the figures of a kind. */
export type FigureName<Kind extends Figure['kind'] = Figure['kind']> =
  { [Name in keyof Figures]: Figures[Name]['kind'] extends Kind ? Name : never }[keyof Figures];

/** A value for each label of a figure. */
export type LabelsOf<Name extends FigureName> = Readonly<Record<Figures[Name]['labels'][number], string>>;

/** The labels as last arguments of a call: none for a figure that has none. */
export type LabelArguments<Name extends FigureName> = Figures[Name]['labels'] extends readonly [] ? [] : [labels: LabelsOf<Name>];
