// The rows of the goals, and where in the figures of a run each finds what it says. `figure`, `ratio` and `beside` get the scenario's figures.
const round = (value) => Math.round(value).toLocaleString('en-GB');
const mark = (s) => (s.quotable ? '' : ' †');
const range = (s, format, unit = '') => `${format(s.median)} (${format(s.min)}–${format(s.max)})${unit}${mark(s)}`;
const rate = (s) => range(s, round, '/s');
const two = (s) => range(s, (value) => value.toFixed(value < 0.1 ? 3 : 2));
const seconds = (s) => range(s, (value) => value.toFixed(2), ' s');
const ms = (s) => range(s, (value) => value.toFixed(1), ' ms');
const mebibytes = (memory) => Object.entries(memory).map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)}`).join(' + ');
const cpu = (micros) => `CPU ${Object.entries(micros).map(([name, value]) => `${name} ${value < 10 ? value.toFixed(1) : round(value)}`).join(' + ')} µs`;
const costs = ({ walBytes, fsyncs, diskBytes, memory }) => [
  `WAL ${round(walBytes)} B`, ...(fsyncs === undefined ? [] : [`fsyncs ${fsyncs.toPrecision(2)}`]), `disk ${round(diskBytes)} B`, `memory ${mebibytes(memory)} MiB`,
].join(', ');

export const ROWS = [
  {
    row: '1', scenario: 'append', what: 'append through the event-store port, 1 event × many streams', goal: '60k/s; ≥ 0.45 × COPY of all it writes, ≥ 5 × one-row commits',
    figure: (f) => rate(f.port), ratio: (f) => `COPY ${two(f.ratios.whole)}, commits ${two(f.ratios.oneRow)}`, beside: (f) => `an event: ${cpu(f.cpuMicrosecondsPerEvent)}, ${costs(f.cost)}`,
  },
  {
    row: '2', scenario: 'tickets', what: 'ticket file → rated → posted → balance, read models up to date; 20,000 members', goal: '20k/s, ≤ 90 µs CPU; ≥ 0.15 × COPY',
    figure: (f) => rate(f.platform), ratio: (f) => `COPY ${two(f.ratio)}`, beside: (f) => `a ticket: ${cpu(f.cpuMicrosecondsPerTicket)}, ${costs(f.cost)}`,
  },
  {
    row: '2', scenario: 'tickets-hot', what: 'the same, 5,000 members', goal: 'as above',
    figure: (f) => rate(f.platform), ratio: (f) => `COPY ${two(f.ratio)}`, beside: (f) => `a ticket: ${cpu(f.cpuMicrosecondsPerTicket)}, ${costs(f.cost)}`,
  },
  {
    row: '3', scenario: 'kafka', what: 'Kafka topic → balance, broker on the same machine', goal: '12k/s; ≥ 0.6 × row 2',
    figure: (f) => rate(f.topic), ratio: (f) => `file ${two(f.ratioToFile)}, consumer that does nothing ${two(f.ratioToNoop)}`,
    beside: (f) => `a ticket: ${cpu(f.cpuMicrosecondsPerTicket.topic)}, ${costs(f.cost)}`,
  },
  {
    row: '3b', scenario: 'eventstore', what: "the same file with EventStoreDB's protocol as store", goal: '3k/s; ≥ 0.7 × the client’s own 1-event appends',
    figure: (f) => `${rate(f.platform)} (${f.store})`, ratio: (f) => `client ${two(f.ratio)}`, beside: (f) => `a ticket: ${cpu(f.cpuMicroseconds.platform)}, ${costs(f.cost)}`,
  },
  {
    row: '4', scenario: 'redeem-latency', what: 'redeem over HTTP, open loop', goal: 'p50 ≤ 2 ms, p99 ≤ 10 ms, ≤ 40 ms beside an import; p99 ≤ 4 × that of one-row commits',
    figure: (f) => `${f.ratePerSecond}/s: p50 ${ms(f.redeem.p50)}, p99 ${ms(f.redeem.p99)}; beside an import p99 ${ms(f.redeemLoaded.p99)}`,
    ratio: (f) => `p99 of commits ${two(f.ratios.quiet)}; beside an import ${two(f.ratios.loaded)}`, beside: (f) => `import meanwhile ${rate(f.import)}`,
  },
  {
    row: '5', scenario: 'redeem', what: 'redeem capacity over HTTP, 32 clients', goal: '6k/s; ≥ 0.6 × one-row commits',
    figure: (f) => rate(f.capacity), ratio: (f) => `commits ${two(f.ratio)}`, beside: (f) => `a redemption: ${cpu(f.cpuMicrosecondsPerRedemption)}, ${costs(f.cost)}`,
  },
  {
    row: '6', scenario: 'rebuild', what: 'rebuild of all read models', goal: '150k events/s; ≥ 0.2 × raw read',
    figure: (f) => rate(f.rebuild), ratio: (f) => `raw read ${two(f.ratio)}`, beside: (f) => `an event: CPU ${round(f.cpuMicrosecondsPerEvent)} µs, ${costs(f.cost)}`,
  },
  {
    row: '7', scenario: 'recovery', what: '`kill -9` to the first accepted redemption', goal: '≤ 5 s the process, ≤ 10 s with PostgreSQL',
    figure: (f) => `process ${seconds(f.process)}; with PostgreSQL ${seconds(f.withPostgres)}`, ratio: () => '–',
    beside: (f) => `${f.sent.cutOff} redemptions cut off, sent again, the last accepted after ${f.sent.cutOffSecondsMax.toFixed(1)} s`,
  },
  {
    row: '8', scenario: 'rfm', what: 'RFM over made tickets, 3 lines each', goal: '≤ 2 s over 10M; ≤ 1.5 × by hand in DuckDB',
    figure: (f) => `${round(f.tickets)} tickets: scored ${seconds(f.score)}, stored too ${seconds(f.run)}`, ratio: (f) => `by hand ${two(f.ratio)}, stored too ${two(f.ratioOfWholeRun)}`,
    beside: (f) => `a ticket: CPU ${f.cpuMicrosecondsPerTicket.score.node.toFixed(2)} µs, facts ${round(f.bytesPerTicket)} B`,
  },
  {
    row: '9', scenario: 'memory', what: 'memory of a cached wallet', goal: '≤ 160 B + 8 B a source; ≤ 0.5 × plain objects in a Map',
    figure: (f) => `${f.cachedBytes.map(round).join(', ')} B after ${f.earnings.join(', ')} earnings`, ratio: (f) => `Map ${f.ratios.map((value) => value.toFixed(2)).join(', ')}`,
    beside: (f) => `${f.bytesPerFurtherEarning.toFixed(1)} B each further earning, its lot still open`,
  },
  {
    row: '10', scenario: 'disk', what: 'disk of an event with indexes', goal: '≤ 220 B',
    figure: (f) => `${f.fresh.bytesPerEvent.toFixed(0)} B, one event a stream; ${f.filled.bytesPerEvent.toFixed(0)} B, ten`, ratio: () => '–',
    beside: (f) => `besides: hash chain ${f.filled.segmentBytesPerEvent.toFixed(1)} B, rows of the streams ${f.filled.streamBytesPerEvent.toFixed(1)} B`,
  },
  {
    row: '11', scenario: 'growth', what: 'appends at ten times the data', goal: '≥ 0.9 of the first throughput',
    figure: (f) => `${rate(f.later)} at ${(f.sizeLater / f.sizeFirst).toFixed(1)} × ${round(f.sizeFirst)} events`, ratio: (f) => `first ${f.ratio.toFixed(2)}, of the CPU ${f.cpuRatio.toFixed(2)}`,
    beside: (f) => `an event: CPU ${f.later.cpuMicros.toFixed(1)} µs, ${costs(f.cost)}`,
  },
  {
    row: '12', scenario: 'expiry', what: 'expiry booked, read models up to date', goal: '40k wallets/s; ≥ 0.3 × a plain UPDATE',
    figure: (f) => rate(f.booked), ratio: (f) => `UPDATE ${two(f.ratio)}`, beside: (f) => `a wallet: CPU ${round(f.cpuMicrosecondsPerWallet)} µs, ${costs(f.cost)}`,
  },
  {
    row: '13', scenario: 'peers', what: 'appends against event stores on the same PostgreSQL', goal: '≥ 15 × emmett and message-db',
    figure: (f) => rate(f.port), beside: (f) => `an event: WAL ${round(f.port.cost.walBytes)} B; emmett ${round(f.emmett.cost.walBytes)} B, message-db ${round(f.messageDbSingle.cost.walBytes)} B`,
    ratio: (f) => `emmett ${two(f.emmett.ratio)}, message-db ${two(f.messageDbSingle.ratio)}, its calls in batches ${two(f.messageDbBatch.ratio)}`,
  },
  { row: '13', scenario: 'none', what: 'against Formance and Blnk', goal: '≥ 10 × single, ≥ 3 × bulk', figure: () => '', ratio: () => '', beside: () => '' },
];
