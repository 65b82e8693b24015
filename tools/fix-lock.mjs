// `npm install` drops platform packages it could not see from the lock file; `npm ci` then refuses that lock.
// This adds a stub entry for each optional dependency that no node_modules folder of the lock resolves.
// Run after every `npm install`; the stubs survive later installs.
import { readFileSync, writeFileSync } from 'node:fs';

const OPERATING_SYSTEMS = ['darwin', 'win32', 'linux', 'freebsd', 'android', 'openharmony'];
const PROCESSORS = ['x64', 'arm64', 'ia32', 'arm', 'ppc64le', 'ppc64', 's390x', 'riscv64', 'loong64'];

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;

const resolves = (from, name) => {
  for (let folder = from; ; folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : '') {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
};

const stub = (name, version) => {
  const words = name.split(/[-/_]/);
  const os = words.includes('wasm32') || words.includes('wasi') ? 'none' : OPERATING_SYSTEMS.find((word) => words.includes(word)) ?? 'none';
  const cpu = PROCESSORS.find((word) => words.includes(word)) ?? 'none';
  return { version: version.replace(/^[\^~]/, ''), os: [os], cpu: [cpu], optional: true };
};

let added = 0;
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolves(path, name)) continue;
    packages[`node_modules/${name}`] = stub(name, version);
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} stub entries added`);
