import { writeFileSync } from 'node:fs';
import { goldenStreams } from './histories.ts';

/**
 * Writes the golden streams of a version to be released: `node libs/points/src/golden/record.ts 2`. A file that has been released is never
 * written again: it stands for what is in the stores of those who run that version.
 */
const version = Number(process.argv[2]);
if (!Number.isSafeInteger(version) || version < 1) throw new Error('Usage: record.ts <version>');
writeFileSync(new URL(`v${version}.json`, import.meta.url), `${JSON.stringify(goldenStreams(), null, 1)}\n`, { flag: 'wx' });
