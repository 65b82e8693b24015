import type { Pool } from 'pg';

/** Months since year 0: one table of events for each, in each lane. */
type Month = number;

/** The month (UTC) of an instant in milliseconds. */
export function monthOf(instant: number): Month {
  const date = new Date(instant);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Name of the table of a lane's month, without the schema: `event_2026_07_1`. The function `begin_month` makes it so. */
export function monthTable(partition: number, month: Month): string {
  return `event_${String(Math.floor(month / 12)).padStart(4, '0')}_${String((month % 12) + 1).padStart(2, '0')}_${partition}`;
}

/** Condition on `e` for revisions after one and up to another, in words that the index by stream understands: it holds 64 revisions to a key. */
export function revisionsWithin(after: string, upTo: string): string {
  return `(e.revision >> 6) >= (${after} >> 6) AND (e.revision >> 6) <= ((${upTo}) >> 6) AND e.revision > ${after} AND e.revision <= ${upTo}`;
}

/** The rows of a statement that reads all months; read a second time, after a refresh, when some are missing (`MonthTables.refresh`). */
export async function wholeRows<R>(
  read: () => Promise<{ rows: R[] }>, months: MonthTables, isWhole: (rows: readonly R[]) => boolean,
): Promise<R[]> {
  const { rows } = await read();
  if (isWhole(rows)) return rows;
  await months.refresh();
  return (await read()).rows;
}

/**
 * Makes the tables of months, on demand: in a short transaction of its own, under an advisory lock as its first lock, so it can be
 * part of no deadlock with appends, and nobody waits for it (`begin_month`).
 */
export class MonthTables {
  private readonly known = new Set<string>();
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
  async ensure(partition: number, months: ReadonlySet<Month>): Promise<void> {
    for (const month of months) {
      const table = monthTable(partition, month);
      if (this.known.has(table)) continue;
      await this.alone(`SELECT ${this.schema}.begin_month(${partition}::smallint, ${month})`);
      this.known.add(table);
    }
  }

  /**
   * Makes every connection of every process look the list of months up anew. PostgreSQL (18, at least) may keep a list without the
   * newest month when that was attached at the very moment at which a connection drew up its list; the connection then finds no table for
   * new events (`isRoutedNowhere`), and reads as if the month's events were not there, until anything changes in the table's
   * catalogue entry. So whoever misses a month or an event calls this and tries again.
   */
  async refresh(): Promise<void> {
    await this.alone(`ALTER TABLE ONLY ${this.schema}.event ALTER COLUMN partition SET STATISTICS -1`);
  }

  /** One text of several statements is one implicit transaction and one round trip. */
  private async alone(statement: string): Promise<void> {
    await this.pool.query(`SELECT pg_advisory_xact_lock(hashtextextended('trebol event months ${this.schema}', 0)); ${statement};`);
  }
}

function beginOf(month: Month): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
  return date.getTime();
}
