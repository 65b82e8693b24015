// One PostgreSQL for the whole test run: the one TREBOL_TEST_POSTGRES_URL names, else an embedded server on a free port.
import { randomBytes } from 'node:crypto';
import { startPostgres } from '../../libs/embedded-postgres/src/index.ts';

export default async function start() {
  process.env.TREBOL_TEST_RUN ??= randomBytes(4).toString('hex');
  if (process.env.TREBOL_TEST_POSTGRES_URL) return;
  const server = await startPostgres({ durable: false });
  process.env.TREBOL_TEST_POSTGRES_URL = server.url;
  globalThis.__trebolPostgres = server;
}
