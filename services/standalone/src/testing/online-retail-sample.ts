import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import type { TrebolClient } from '../command-line/client.ts';
import { concurrently } from '../demo/concurrently.ts';
import { demoLog, readDemoCards, readDemoStores } from '../demo/demo-data.ts';

/** Writes the first `rows` rows of the real log (with its header) as a gzip file. */
export async function writeSample(to: string, rows: number): Promise<void> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(demoLog).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length > rows) break;
  }
  await writeFile(to, gzipSync(`${lines.join('\n')}\n`));
}

/** Puts the log's stores and enrols the sample's cards; answers how many. */
export async function prepare(client: TrebolClient, sample: string): Promise<number> {
  await concurrently(
    await readDemoStores(), 8, async ({ id, ...store }) => { await client.put(`/v1/stores/${id}`, store); }
  );
  const cards = await readDemoCards(sample);
  await concurrently(cards, 16, async (card) => {
    await client.post(
      '/v1/members', { externalId: `online-retail-${card}`, identifiers: [{ kind: 'card', value: card }] },
      `enrol-${card}`
    );
  });
  return cards.length;
}
