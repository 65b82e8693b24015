import { Logger } from '@nestjs/common';
import pg from 'pg';
import { DataSource, type DataSourceOptions, type Logger as TypeOrmLogger } from 'typeorm';

type Entities = NonNullable<DataSourceOptions['entities']>;

/** What a service's PostgreSQL schema is opened with. */
export interface DatabaseOptions {
  /** `postgres://…` */
  readonly url: string;
  /** The service's own schema; it is made when missing and is the only one on the search path. */
  readonly schema: string;
  readonly entities?: readonly (Function | string)[];
  /** Migration classes, oldest first; each has a `name` that ends in 13 digits. */
  readonly migrations: readonly Function[];
  /** Connections at most (TypeORM's pool). */
  readonly poolMax: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
}

/** TypeORM's own loggers write to standard output even when told not to; queries and failures reach the caller as errors anyway. */
function quietLogger(): TypeOrmLogger {
  const log = new Logger('TypeORM');
  const nothing = () => undefined;
  return {
    log: (level, message: unknown) => (level === 'warn' ? log.warn(message) : undefined),
    logQuery: nothing, logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing, logMigration: nothing,
  };
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Opens the schema of one service: creates it, runs its migrations (each in its own transaction) and gives the pool. Processes
 * that start together wait for each other on an advisory lock, held by a connection of its own so that a pool of one suffices.
 */
export async function openDataSource(options: DatabaseOptions): Promise<DataSource> {
  if (!SCHEMA_NAME.test(options.schema)) throw new RangeError(`not a schema name: ${JSON.stringify(options.schema)}`);
  const dataSource = new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    applicationName: options.applicationName,
    poolSize: options.poolMax,
    entities: [...(options.entities ?? [])] as Entities,
    migrations: [...options.migrations],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    // TypeORM would try CREATE EXTENSION "uuid-ossp", which an ordinary role may not do and nobody needs.
    installExtensions: false,
    logger: quietLogger(),
    extra: { options: `-c search_path=${options.schema} -c timezone=UTC` },
  });
  const keeper = new pg.Client({ connectionString: options.url, application_name: `${options.applicationName} migrations` });
  await keeper.connect();
  try {
    await keeper.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`trebol.migrations.${options.schema}`]);
    await createSchema(keeper, options.schema);
    await dataSource.initialize();
    await dataSource.runMigrations();
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  } finally {
    // Ending the session gives the lock back.
    await keeper.end();
  }
  return dataSource;
}

/** CREATE SCHEMA IF NOT EXISTS asks for the right to create even where the schema exists; a production role may lack it. */
async function createSchema(client: pg.Client, schema: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (found.rowCount === 0) await client.query(`CREATE SCHEMA "${schema}"`);
}
