import pg from 'pg';

export default async function stop() {
  if (globalThis.__trebolPostgres) await globalThis.__trebolPostgres.stop();
  else await forgetTemplates();
}

/** A server that goes on after the run keeps nothing of it (see `preparedDatabase` in libs/testing). */
async function forgetTemplates() {
  const client = new pg.Client({ connectionString: process.env.TREBOL_TEST_POSTGRES_URL });
  await client.connect();
  const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [`tpl_${process.env.TREBOL_TEST_RUN}_`]);
  for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
  await client.end();
}
