// Rows, stores and members of the sample that fault runs import.
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import { concurrently, demoLog, readDemoCards, readDemoStores } from './standalone-parts.mjs';

/** Requests under way at once while members are enrolled. */
const WIDTH = 16;

/** Writes the first `rows` rows of the real log (with its header) as a gzip file. */
export async function writeSample(to, rows) {
  const lines = [];
  for await (const line of createInterface({ input: createReadStream(demoLog).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length > rows) break;
  }
  await writeFile(to, gzipSync(`${lines.join('\n')}\n`));
}

/** Puts the log's stores and enrols the sample's cards, named by the chain's own ids. */
export async function enrolAll(ask, sample) {
  await concurrently(
    await readDemoStores(), WIDTH,
    async ({ id, ...body }) => { await ask('PUT', `/v1/stores/${id}`, { body }); }
  );
  const cards = await readDemoCards(sample);
  await concurrently(cards, WIDTH, async (card) => {
    await ask('POST', '/v1/members', {
      body: {
        externalId: `online-retail-${card}`, identifiers: [{ kind: 'card', value: card }],
      }, headers: { 'idempotency-key': `enrol-${card}` },
    });
  });
}

