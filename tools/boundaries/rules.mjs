/**
 * The walls of the house (docs/decisions/0003): which kind of project may depend on which, and what a source file may import or say.
 * Pure: facts in, violations out, so that each rule has a fixture that trips it.
 */

/** Tag of a project → tags it may depend on, in product code and (`testing` aside) in specs. */
export const ALLOWED = {
  contracts: [],
  bulk: [],
  platform: ['contracts', 'bulk'],
  rules: ['contracts', 'platform:event-store'],
  testing: ['contracts', 'platform', 'bulk'],
  service: ['contracts', 'rules', 'platform', 'bulk'],
  composition: ['contracts', 'rules', 'platform', 'bulk', 'service'],
};

const NEST = /^@nestjs\//;
const TYPEORM = /^typeorm$/;
const BROKERS = /^(kafkajs|@eventstore\/db-client)$/;
const POSTGRES = /^pg(-copy-streams)?$/;
const INPUT_OUTPUT = /^node:(fs|net|http|https|child_process|dgram|tls|worker_threads)/;

/** Tag → packages its product code never imports. */
export const FORBIDDEN_PACKAGES = {
  contracts: [NEST, TYPEORM, BROKERS, POSTGRES, INPUT_OUTPUT],
  bulk: [NEST, TYPEORM, BROKERS],
  rules: [NEST, TYPEORM, BROKERS, POSTGRES, INPUT_OUTPUT],
  platform: [/^@nestjs\/cqrs$/],
  service: [/^@nestjs\/cqrs$/, BROKERS],
  composition: [/^@nestjs\/cqrs$/, BROKERS],
  testing: [],
};

/** One folder only may load an outside client, so that replacing it touches that folder. */
export const ONLY_IN = [
  { package: 'kafkajs', folder: 'libs/messaging/src/kafka/' },
  { package: '@eventstore/db-client', folder: 'libs/event-store/src/eventstoredb/' },
  { package: '@duckdb/node-api', folder: 'services/segmentation/src/' },
];

/** What product code never says; `new Date()` reads a clock, the rest reach around the ports. */
const FORBIDDEN_TEXT = [
  { pattern: /\bnew Date\(\)/, reason: 'reads a clock: take a Clock' },
  { pattern: /\bDate\.now\(/, reason: 'reads a clock: take a Clock' },
  { pattern: /\bMath\.random\(/, reason: 'rolls dice: take randomness as an input' },
  { pattern: /\brandomUUID\(/, reason: 'makes an id: take Ids' },
];
const TEXT_EXEMPT = [/^libs\/chassis\/src\/clock\//, /^libs\/testing\//, /^libs\/embedded-postgres\//];
const FOLDER_NAMES_REFUSED = /(^|\/)(common|shared|utils?|helpers?|core)\//;

const isSpec = (file) => /\.spec\.ts$|\/contract-suite\/|\/testing\/|\/golden\//.test(file);

/** @param project {{name: string, tag: string}} @param edges {{from: string, to: string}[]} edges of product code */
export function checkEdges(projects, edges) {
  const tags = new Map(projects.map((project) => [project.name, project.tag]));
  return edges.flatMap(({ from, to, file }) => {
    if (from === to) return [];
    const source = tags.get(from);
    const target = tags.get(to);
    if (source === undefined) return [`${from}: has no type tag`];
    if (target === 'testing') return isSpec(file) || source === 'testing' ? [] : [`${file}: product code imports ${to}`];
    const allowed = ALLOWED[source] ?? [];
    return allowed.includes(target) || allowed.includes(`${target}:${to}`) ? [] : [`${file}: ${from} (${source}) must not depend on ${to} (${target})`];
  });
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
/** `require('x')`, `createRequire(…)('x')` and `require.resolve('x')`. */
const REQUIRE = /\b(?:require|require\.resolve|createRequire\([^()]*\))\(\s*['"]([^'"]+)['"]\s*\)/g;

/** What a source file loads, in whatever way. */
export const importsOf = (text) => [...text.matchAll(IMPORT), ...text.matchAll(REQUIRE)].map((found) => found[1] ?? found[2]);

/** @param file {{path: string, project: string, tag: string, imports: string[], text: string}} */
export function checkFile(file) {
  return [...checkPackages(file), ...checkSlices(file), ...checkText(file)];
}

const loads = (imports, name) => imports.some((loaded) => loaded === name || loaded.startsWith(`${name}/`));

function checkPackages({ path, tag, imports }) {
  const confined = ONLY_IN.flatMap((rule) => loads(imports, rule.package) && !path.startsWith(rule.folder) ? [`${path}: ${rule.package} is loaded in ${rule.folder} only`] : []);
  if (isSpec(path)) return confined;
  const forbidden = (FORBIDDEN_PACKAGES[tag] ?? []);
  return [...confined, ...imports.filter((name) => forbidden.some((pattern) => pattern.test(name))).map((name) => `${path}: ${tag} must not import ${name}`)];
}

/**
 * A slice with an HTTP or bus shell of its own (a `.controller.ts` in its folder) is reached through what app.module.ts wires, never sideways.
 * Folders without a shell hold what several slices of the service decide with.
 */
function checkSlices({ path, tag, imports, shellFolders }) {
  const [, service, slice] = /^services\/([^/]+)\/src\/([^/]+)\//.exec(path) ?? [];
  if (tag !== 'service' || !slice || isSpec(path)) return [];
  return imports.flatMap((name) => {
    const sibling = /^(?:\.\.\/)+([^./][^/]*)\//.exec(name)?.[1];
    const sideways = sibling && sibling !== slice && shellFolders.includes(`services/${service}/src/${sibling}`);
    return sideways ? [`${path}: ${name} reaches sideways into the slice ${sibling}`] : [];
  });
}

function checkText({ path, tag, text }) {
  const named = FOLDER_NAMES_REFUSED.test(path) ? [`${path}: a folder is named after what the business gets, not a dumping ground`] : [];
  const environment = tag === 'rules' && /process\.env/.test(text) ? [`${path}: rules must not read the environment`] : [];
  if (isSpec(path) || TEXT_EXEMPT.some((exempt) => exempt.test(path))) return [...named, ...environment];
  return [...named, ...environment, ...FORBIDDEN_TEXT.filter(({ pattern }) => pattern.test(withoutComments(text))).map(({ reason }) => `${path}: ${reason}`)];
}

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
