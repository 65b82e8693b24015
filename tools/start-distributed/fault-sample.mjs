// What fault runs begin with: parts of the real log, its stores and members, and members who come to the till.
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import { concurrently, demoLog, readDemoCards, readDemoStores } from './standalone-parts.mjs';

/** Requests under way at once while members are enrolled. */
const WIDTH = 16;
/** Points that a member at the till begins with: more than a visit spends, fewer than need a second person. */
const TILL_POINTS = 900;

/**
 * Writes the first `rows` rows of the real log (with its header) as `parts` gzip files, and answers them. Invoices are not cut.
 * @param {{ folder: string, rows: number, parts: number }} wanted
 */
export async function writeParts({ folder, rows, parts }) {
  const lines = [];
  for await (const line of createInterface({ input: createReadStream(demoLog).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length > rows) break;
  }
  const [header, ...content] = lines;
  const invoiceOf = (index) => content[index]?.split(',', 1)[0];
  const files = [];
  for (let part = 0, from = 0; part < parts; part += 1) {
    let to = Math.max(from, Math.round((content.length * (part + 1)) / parts));
    while (to < content.length && invoiceOf(to) === invoiceOf(to - 1)) to += 1;
    const file = join(folder, `part-${part}.csv.gz`);
    await writeFile(file, gzipSync(`${[header, ...content.slice(from, to)].join('\n')}\n`));
    files.push(file);
    from = to;
  }
  return files;
}

/** Puts the log's stores and enrols the cards of the parts, named by the chain's own ids; answers the cards. */
export async function enrolAll(ask, files) {
  await concurrently(
    await readDemoStores(), WIDTH,
    async ({ id, ...body }) => { await ask('PUT', `/v1/stores/${id}`, { body }); }
  );
  const cards = [...new Set((await Promise.all(files.map((file) => readDemoCards(file)))).flat())];
  await concurrently(cards, WIDTH, async (card) => { await enrol(ask, card); });
  return cards;
}

/** Members with points who are nobody's in the log. */
export async function enrolTillMembers(ask, names) {
  return await Promise.all(names.map(async (name, index) => {
    const card = String(9_000_000 + index);
    const { memberId } = await enrol(ask, card);
    await ask('POST', '/v1/test-clock/settle', { body: {} });
    await ask('POST', '/v1/adjustments', {
      body: { memberId, points: TILL_POINTS, reasonCode: 'welcome' }, headers: { 'idempotency-key': `welcome-${name}` },
    });
    return { memberId, card, name };
  }));
}

const enrol = (ask, card) => ask('POST', '/v1/members', {
  body: { externalId: `online-retail-${card}`, identifiers: [{ kind: 'card', value: card }] },
  headers: { 'idempotency-key': `enrol-${card}` },
});
