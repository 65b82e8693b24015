import { writeFileSync } from 'node:fs';
import { encodeWallet } from '../codec/wallet-codec.ts';
import { goldenStreams } from './histories.ts';

/**
 * Writes the golden streams and snapshots of a version to be released: `node libs/points/src/golden/record.ts 2`. A file that has been
 * released is never written again: it stands for what is in the stores of those who run that version.
 */
const version = Number(process.argv[2]);
if (!Number.isSafeInteger(version) || version < 1) throw new Error('Usage: record.ts <version>');
const streams = goldenStreams();
const snapshots = streams.map(({ name, expected }) => ({ name, snapshot: Buffer.from(encodeWallet(expected).bytes).toString('hex') }));
write(`v${version}.json`, streams);
write(`snapshots/v${version}.json`, snapshots);

function write(file: string, what: unknown): void {
  writeFileSync(new URL(file, import.meta.url), `${JSON.stringify(what, null, 1)}\n`, { flag: 'wx' });
}
