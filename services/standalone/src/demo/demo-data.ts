import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { z } from 'zod';

/** The folder of the demo's data, found from this file so that it works from any working directory. */
const folder = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'online-retail');

export const demoLog = join(folder, 'onlineretail.csv.gz');

const demoStore = z.strictObject({
  id: z.string(), name: z.string(), country: z.string(), zone: z.string(), currency: z.string(),
});
export type DemoStore = z.infer<typeof demoStore>;

/** The stores that stand for the log's countries. */
export async function readDemoStores(): Promise<readonly DemoStore[]> {
  return z.array(demoStore).parse(JSON.parse(await readFile(join(folder, 'stores.json'), 'utf8')));
}

const CUSTOMER_COLUMN = 6;

/** The distinct card numbers of the log, in the order in which they first appear. */
export async function readDemoCards(file = demoLog): Promise<readonly string[]> {
  const cards = new Set<string>();
  const rows = createReadStream(file).pipe(createGunzip()).pipe(parse({ from_line: 2 }));
  for await (const row of rows as AsyncIterable<readonly string[]>) {
    const card = row[CUSTOMER_COLUMN];
    if (card) cards.add(card);
  }
  return [...cards];
}
