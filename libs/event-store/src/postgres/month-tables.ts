import type { Pool } from 'pg';

/** Months since year 0: one table of events for each. */
type Month = number;

/** The month (UTC) of an instant in milliseconds. */
export function monthOf(instant: number): Month {
  const date = new Date(instant);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Name of a month's table, without the schema: `event_2026_07`. */
export function monthTable(month: Month): string {
  return `event_${String(Math.floor(month / 12)).padStart(4, '0')}_${String((month % 12) + 1).padStart(2, '0')}`;
}

/**
 * Makes the tables of months, on demand. A new table is filled with its indexes on its own and then attached: attaching blocks
 * neither readers nor appenders (SHARE UPDATE EXCLUSIVE), which `CREATE TABLE … PARTITION OF` would (ACCESS EXCLUSIVE). It happens
 * in a short transaction of its own, under an advisory lock as its first lock, so it can be part of no deadlock with appends.
 */
export class MonthTables {
  private readonly known = new Set<Month>();
  /** Appends come mostly from one month; its bounds in milliseconds spare the calendar. */
  private latest = { month: 0, begins: 0, ends: 0 };

  constructor(private readonly pool: Pool, private readonly schema: string) {}

  /** Month of an instant; its table may have to be made by `ensure` first. */
  monthOf(instant: number): Month {
    if (instant < this.latest.begins || instant >= this.latest.ends) {
      const month = monthOf(instant);
      this.latest = { month, begins: beginOf(month), ends: beginOf(month + 1) };
    }
    return this.latest.month;
  }

  /** Makes the tables that are not there yet. Any month of the years 1 to 9999: the clock of a sandbox may stand anywhere. */
  async ensure(months: ReadonlySet<Month>): Promise<void> {
    for (const month of months) {
      if (this.known.has(month)) continue;
      await this.create(month);
      this.known.add(month);
    }
  }

  private async create(month: Month): Promise<void> {
    const table = `${this.schema}.${monthTable(month)}`;
    // One text of several statements is one implicit transaction and one round trip.
    await this.pool.query(`
      SELECT pg_advisory_xact_lock(hashtextextended('trebol event months ${this.schema}', 0));
      DO $do$ BEGIN
        IF to_regclass('${table}') IS NULL THEN
          CREATE TABLE ${table} (LIKE ${this.schema}.event INCLUDING STORAGE);
          CREATE UNIQUE INDEX ON ${table} (partition, position);
          CREATE UNIQUE INDEX ON ${table} (stream_id, revision);
          ALTER TABLE ${this.schema}.event ATTACH PARTITION ${table}
            FOR VALUES FROM (to_timestamp(${beginOf(month) / 1000})) TO (to_timestamp(${beginOf(month + 1) / 1000}));
        END IF;
      END $do$;`);
  }
}

function beginOf(month: Month): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
  return date.getTime();
}
