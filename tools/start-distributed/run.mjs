// npm run start:distributed: every service as a process of its own, on local stores, behind one port. Ctrl-C
// stops all of it in order.
import { parseArgs } from 'node:util';
import { startDistributed } from './platform.mjs';

const USAGE = `start:distributed -- [--data <folder>] [--port <n>] [--host <address>] [--bus auto|postgres|kafka]
                     [--clock <instant>] [--json]
  --data    data folder (TREBOL_DATA, default ./data): that of "trebol start" may be used, and the other way round
  --port    port of the gateway, default 3000; 0: a free one
  --bus     auto (default): Kafka where it can be started here, else PostgreSQL; BUS_URL names another
  --clock   a sandbox whose time begins there (RFC 3339) and is moved by POST /v1/test-clock/advance
EVENT_STORE_URL names an event store (esdb://…); without it the wallets' log is kept in PostgreSQL.`;

const PORT_MAX = 65_535;

function optionsOf() {
  try {
    const { values } = parseArgs({
      options: {
        data: {
          type: 'string', default: process.env.TREBOL_DATA || './data',
        }, port: { type: 'string', default: '3000' }, host: { type: 'string', default: '127.0.0.1' },
        bus: { type: 'string', default: 'auto' }, clock: { type: 'string' }, json: {
          type: 'boolean', default: false,
        }, help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    const clockFrom = values.clock === undefined ? undefined : Date.parse(values.clock);
    const right = {
      '--bus': ['auto', 'postgres', 'kafka'].includes(values.bus),
      '--port': Number.isInteger(port) && port >= 0 && port <= PORT_MAX,
      '--clock': !Number.isNaN(clockFrom),
    };
    const wrong = Object.entries(right).filter(([, fits]) => !fits).map(([name]) => name);
    if (wrong.length > 0) throw new Error(`wrong: ${wrong.join(', ')}`);
    if (values.help) throw new Error('');
    return { ...values, port, clockFrom };
  } catch (error) {
    process.stderr.write(`${error.message ? `${error.message}\n` : ''}${USAGE}\n`);
    return process.exit(error.message ? 2 : 0);
  }
}

const journey = (url, key) => `
export URL=${url} KEY=${key}
H="Authorization: Bearer $KEY"; J="Content-Type: application/json"
curl -s -X PUT $URL/v1/stores/madrid-1 -H "$H" -H "$J" -d '{"name":"Madrid 1","zone":"Europe/Madrid","currency":"EUR","country":"ES"}'
curl -s -X POST $URL/v1/members -H "$H" -H "$J" -H "Idempotency-Key: m1" -d '{"identifiers":[{"kind":"card","value":"2600000000017"}]}'
curl -s -X POST $URL/v1/transactions -H "$H" -H "$J" -d '{"type":"sale","storeId":"madrid-1","workstationId":"1","businessDay":"'$(date +%F)'","sequence":"1",
  "occurredAt":"'$(date +%FT%T%:z)'","currency":"EUR","identification":{"kind":"card","value":"2600000000017"},
  "lines":[{"line":1,"sku":"A1","quantity":2,"amount":12050}]}'
npx trebol --url $URL --key $KEY balance card:2600000000017
`;

const document = (value) => { process.stdout.write(`${JSON.stringify(value)}\n`); };

const keyLine = (adminKey, folder) => (adminKey ? `Admin key (shown this once): ${adminKey}`
  : `The admin key was shown at the first start; for another: npx trebol --data ${folder} keys create --scopes '*'`);

function tell(platform, options) {
  if (options.json) {
    const services = Object.fromEntries(
      [...platform.services.values()].map(({ service, url, pid }) => [service, { url, pid }])
    );
    document({
      event: 'ready', url: platform.url, bus: platform.bus, services,
      ...(platform.adminKey ? { adminKey: platform.adminKey } : {})
    });
    return;
  }
  const lines = [...platform.services.values()].map(
    ({ service, url, pid }) => `  ${service.padEnd(13)} ${url}  (process ${pid})`
  );
  process.stdout.write(`Trébol listens on ${platform.url}, over ${platform.bus}; logs in ${platform.folder}/logs
${lines.join('\n')}
${keyLine(platform.adminKey, options.data)}
A first conversation:${journey(platform.url, platform.adminKey ?? '…')}
Operators: npx trebol --data ${options.data} verify | rebuild balances | dlq list | keys list
`);
}

const options = optionsOf();
const say = (line) => { process.stderr.write(`${line}\n`); };
// Heard from the beginning: a signal while things start is obeyed as soon as they have.
/** @type {{ reason: string | undefined }} why things stop by themselves, when they do */
const failure = { reason: undefined };
const asked = new Promise((done) => {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, done);
  options.gaveUp = (reason) => { failure.reason = reason; done(undefined); };
});
try {
  const platform = await startDistributed({
    folder: options.data, host: options.host, port: options.port, bus: options.bus, clockFrom: options.clockFrom, gaveUp: options.gaveUp,
    busUrl: process.env.BUS_URL || undefined, eventStoreUrl: process.env.EVENT_STORE_URL || undefined,
    say: options.json ? () => undefined : say,
    ended: ({ service, exit }) => (options.json ? document({ event: 'ended', service, exit }) : say(
      `${service} ended with ${exit} and is started again`
    )),
  });
  tell(platform, options);
  await asked;
  process.once('SIGINT', () => process.exit(130));
  if (failure.reason !== undefined) say(`Stopping: ${failure.reason}`);
  const unclean = await platform.stop();
  if (unclean.length > 0) say(`These had to be killed or failed while stopping: ${unclean.join(', ')}`);
  process.exitCode = failure.reason !== undefined || unclean.length > 0 ? 3 : 0;
} catch (error) {
  say(`start:distributed: ${error.stack}`);
  process.exitCode = error.name === 'DataFolderInUse' || error.name === 'NotThisPlatform' ? 2 : 3;
}
