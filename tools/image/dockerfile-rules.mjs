// Rules of deploy/Dockerfile, held by its text: no engine builds it here.

/** Variables of an image that hold a secret are in everybody's hands who pulls it. */
const SECRET_NAME = /(PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL)/i;
const VERSION = /:\d+\.\d+\.\d+(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$/;

/** Instructions of a Dockerfile: stage from 0, name in capitals, the rest as one line. */
export function parseDockerfile(text) {
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ').split('\n').map((line) => line.trim()).filter((line) => line !== '');
  let stage = -1;
  return lines.map((line) => {
    const [, name, rest] = /^(\S+)\s*(.*)$/.exec(line);
    if (name.toUpperCase() === 'FROM') stage += 1;
    return { stage, name: name.toUpperCase(), rest };
  });
}

const jsonOf = (rest) => {
  try {
    const parsed = JSON.parse(rest);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};
const sourcesOf = ({ rest }) => rest.split(/\s+/).filter((word) => !word.startsWith('--')).slice(0, -1);
const fromContext = ({ name, rest }) => (name === 'COPY' || name === 'ADD') && !/--from=/.test(rest);

/**
 * Sentences, one for each rule that is broken.
 * @param {string} text
 * @param {{ manifests: string[], node: string, exists: (path: string) => boolean }} facts package.json of every
 *   workspace, the Node that tests run on, and whether a file is there after the build
 */
export function checkDockerfile(text, facts) {
  const all = parseDockerfile(text);
  const last = Math.max(...all.map(({ stage }) => stage));
  return [...checkStages(all, last, facts.node), ...checkLayers(all, facts.manifests), ...checkRunning(all, last, facts.exists), ...checkSecrets(all)];
}

function checkStages(all, last, node) {
  const froms = all.filter(({ name }) => name === 'FROM');
  const named = froms.map(({ rest }) => / AS (\S+)$/i.exec(rest)?.[1]);
  const bases = froms.map(({ rest }) => rest.split(/\s+/)[0]).filter((base) => !named.includes(base));
  return [
    ...(last < 1 ? ['one stage only: what builds the image would run in it'] : []),
    ...bases.filter((base) => !VERSION.test(base)).map((base) => `base ${base} is not pinned to a version`),
    ...bases.filter((base) => base.startsWith('node:') && !base.startsWith(`node:${node}-`))
      .map((base) => `base ${base} is not the Node that tests run on, ${node}`),
  ];
}

/** Packages are installed from manifests alone; a changed source then reuses that layer. */
function checkLayers(all, manifests) {
  const install = all.findIndex(({ name, rest }) => name === 'RUN' && /\bnpm ci\b/.test(rest));
  if (install === -1) return ['no `npm ci`: packages would not be those of the lock file'];
  const before = all.slice(0, install).filter(fromContext).flatMap(sourcesOf);
  const source = (path) => !/(^|\/)package(-lock)?\.json$/.test(path);
  return [
    ...before.filter(source).map((path) => `${path} is copied before \`npm ci\`: every change of it installs all packages again`),
    ...[...manifests, 'package.json', 'package-lock.json'].filter((path) => !before.includes(path))
      .map((path) => `${path} is not copied before \`npm ci\`, which needs it`),
  ];
}

function checkRunning(all, last, exists) {
  const final = all.filter(({ stage }) => stage === last);
  const lastOf = (wanted) => final.findLast(({ name }) => name === wanted)?.rest ?? '';
  const [user] = lastOf('USER').split(':');
  const command = jsonOf(lastOf('CMD'));
  return [
    ...(/^[1-9]\d*$/.test(user) ? [] : [`USER is "${user}": a number other than 0 is asked, so that Kubernetes can tell it is not root`]),
    ...(lastOf('HEALTHCHECK').includes('/livez') ? [] : ['no HEALTHCHECK that asks /livez']),
    ...(jsonOf(lastOf('ENTRYPOINT')) ? [] : ['ENTRYPOINT is no JSON array: a shell would keep SIGTERM to itself']),
    ...(command === undefined ? ['CMD is no JSON array'] : exists(command[0]) ? [] : [`CMD names ${command[0]}, which the build does not make`]),
  ];
}

function checkSecrets(all) {
  const set = all.filter(({ name }) => name === 'ENV' || name === 'ARG').flatMap(({ rest }) => [...rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)/g)].map(([, name]) => name));
  const copied = all.filter(fromContext);
  return [
    ...set.filter((name) => SECRET_NAME.test(name)).map((name) => `${name} would be written into the image`),
    ...copied.flatMap(sourcesOf).filter((path) => path === '.' || path === './' || /(^|\/)\.(env|git|npmrc)/.test(path))
      .map((path) => `COPY ${path} takes more than the image is built from`),
    ...all.filter(({ name }) => name === 'ADD').map(({ rest }) => `ADD ${rest}: COPY takes files, and nothing else is wanted`),
  ];
}
