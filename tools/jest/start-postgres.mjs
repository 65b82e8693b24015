// One PostgreSQL for the whole test run: the one TREBOL_TEST_POSTGRES_URL names, else an embedded server on a free port.
import { startPostgres } from '../../libs/embedded-postgres/src/index.ts';

export default async function start() {
  if (process.env.TREBOL_TEST_POSTGRES_URL) return;
  const server = await startPostgres({ durable: false });
  process.env.TREBOL_TEST_POSTGRES_URL = server.url;
  globalThis.__trebolPostgres = server;
}
