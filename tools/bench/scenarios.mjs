// The scenarios of the bench by name: the row of the goals, one line of what it does, and how it is run. Loaded when asked for.

const from = (file, name) => async (options) => (await import(file))[name](options);
/** `ownServer`: it starts what it needs by itself. */
export const SCENARIOS = {
  append: { rows: '1', does: 'one event to each of many streams through the event-store port, against COPY and one-row commits', run: from('./append.mjs', 'benchAppend') },
  disk: { rows: '10', does: 'bytes on disk for each event, with indexes', run: from('./disk.mjs', 'benchDisk') },
  growth: { rows: '11', does: 'appends once the log holds ten times the data', run: from('./growth.mjs', 'benchGrowth') },
  peers: { rows: '13', does: 'appends against emmett and message-db (npm installs them for the run)', run: from('./peers.mjs', 'benchPeers') },
  tickets: { rows: '2', does: 'ticket file → rated → posted → balances, read models up to date, against COPY; 20,000 members', run: from('./tickets.mjs', 'benchTickets') },
  'tickets-hot': { rows: '2', does: 'the same with 5,000 members: fewer wallets, each busier', run: async (options) => (await import('./tickets.mjs')).benchTickets({ ...options, members: 5_000 }) },
  kafka: { rows: '3', does: 'Kafka topic → balances, broker on this machine (Java 17), against the same tickets from a file and a consumer that does nothing', run: from('./kafka.mjs', 'benchKafka') },
  eventstore: { rows: '3b', does: "ticket file → balances with EventStoreDB's protocol as store, against the client's own ceiling; the rig, or --peer eventstore=esdb://… (an empty server)", run: from('./eventstore.mjs', 'benchEventStore') },
  rebuild: { rows: '6', does: 'both read models of points derived once more, against a raw read of the log', run: from('./rebuild.mjs', 'benchRebuild') },
  memory: { rows: '9', does: 'bytes of a wallet in the cache, against plain objects in a Map', run: from('./memory.mjs', 'benchMemory') },
  expiry: { rows: '12', does: 'lapsed points booked, against one plain UPDATE', run: from('./expiry.mjs', 'benchExpiry') },
  redeem: { rows: '5', does: 'redemptions over HTTP a second with 32 clients, against one-row commits', run: from('./redeem.mjs', 'benchRedeem') },
  'redeem-latency': { rows: '4', does: 'latency of redeeming at a fixed rate (--rate), quiet and beside an import, against one-row commits', run: from('./redeem-latency.mjs', 'benchRedeemLatency') },
  recovery: { rows: '7', does: 'kill -9 under redeem load to the first accepted redemption, with and without PostgreSQL', ownServer: true, run: from('./recovery.mjs', 'benchRecovery') },
  rfm: { rows: '8', does: 'RFM over --tickets tickets (up to 10,000,000) in the segmentation store, against the same by hand in DuckDB', run: from('./rfm.mjs', 'benchRfm') },
};

/** What CI runs: at most a minute, ratios of the two rows that everything else stands on. */
export const SMOKE = ['append', 'tickets'];

export const USAGE = `npm run bench [-- [smoke | <scenario> …] [options]]
Ratios measured in one run, each scenario on an embedded PostgreSQL of its own with fsync on. Without names: all.

${Object.entries(SCENARIOS).map(([name, { rows, does }]) => `  ${name.padEnd(15)} row ${rows.padEnd(3)} ${does}`).join('\n')}
  ${'smoke'.padEnd(15)}         ${SMOKE.join(' and ')}, within a minute

  --rounds N      rounds in turn after one warm-up, default 5 (smoke: 3)
  --seed N        of the workload, default 20261123
  --rate N        redeem-latency: redemptions a second, default 500
  --tickets N     rfm: tickets, default 2000000
  --duckdb-memory rfm: what DuckDB may hold in memory, default 256MB as in the service
  --peer a=url    eventstore=esdb://…: that server instead of the rig
  --json FILE     writes the figures; node tools/bench/report.mjs FILE puts them into docs/performance.md
  --profile FILE  tickets, kafka, eventstore, redeem, rebuild, expiry: writes a CPU profile of the measured rounds and prints where the time went
  --help          this
Figures whose range over the rounds passes 15 % of their median are marked and not to be quoted.
`;
