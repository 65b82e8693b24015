// Rules of docker-compose.yml, held by its text: no engine starts it here.
import { parse } from 'yaml';

const SECRET_NAME = /(PASSWORD|SECRET|TOKEN|KEY)/;
/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
const VARIABLE = /\$\{([A-Z0-9_]+)(?::?([-?])([^}]*))?\}/g;
/** Read by OpenTelemetry's SDK before any service's schema. */
const SDK_VARIABLES = new Set(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES', 'TREBOL_TRACE_KAFKA']);

/** Services of a compose file with their anchors merged. */
export const parseCompose = (text) => parse(text, { merge: true });

const secondsOf = (duration) => Number(/^(\d+)s$/.exec(duration ?? '')?.[1] ?? 10);
const variablesIn = (value) => [...JSON.stringify(value ?? {}).matchAll(VARIABLE)].map(([, name, kind, rest]) => ({ name, kind, rest }));

/** Values as compose would give them, each variable replaced by what `given` says. */
const interpolated = (environment, given) => Object.fromEntries(Object.entries(environment ?? {}).map(([name, value]) =>
  [name, String(value).replace(VARIABLE, (...[, variable, kind, rest]) => given[variable] ?? (kind === '-' ? rest : ''))]));

/**
 * Sentences, one for each rule that is broken.
 * @param {string} text
 * @param {{ stopSeconds: number, exists: (path: string) => boolean, example: Record<string, string>, given: Record<string, string>,
 *   schemas: Record<string, any>, known: Record<string, (name: string) => boolean>, image: string, commandOfImage: string }} facts
 */
export function checkCompose(text, facts) {
  const compose = parseCompose(text);
  const services = Object.entries(compose.services);
  return [
    ...checkFile(compose, facts.example),
    ...services.flatMap(([name, service]) => checkAny(name, service)),
    ...services.filter(([, { image }]) => image === facts.image).flatMap(([name, service]) => [
      ...checkRights(name, service), ...checkRun(name, service, facts), ...checkEnvironment(name, service, facts),
    ]),
  ];
}

function checkFile(compose, example) {
  const used = variablesIn(compose);
  return [
    ...(compose.name === undefined ? [] : ['a top-level name is refused by docker-compose 1.29']),
    ...(compose.version === '3.8' ? [] : ['version "3.8" is what docker-compose 1.29 needs']),
    ...used.filter(({ name, kind, rest }) => SECRET_NAME.test(name) && kind === '-' && rest !== '')
      .map(({ name }) => `${name} has a default: a password that everybody knows`),
    ...[...new Set(used.filter(({ kind }) => kind !== '-').map(({ name }) => name))].filter((name) => !(name in example))
      .map((name) => `${name} is asked for and .env.example does not tell of it`),
    ...Object.entries(example).filter(([name, value]) => SECRET_NAME.test(name) && value !== '')
      .map(([name]) => `.env.example gives ${name} a value: somebody would keep it`),
  ];
}

/** Whatever image it is. */
function checkAny(name, service) {
  const literal = Object.entries(service.environment ?? {}).filter(([variable, value]) => {
    const bare = String(value).replace(VARIABLE, '');
    return /:\/\/[^:/@]+:[^@]+@/.test(bare) || (SECRET_NAME.test(variable) && bare !== '');
  });
  const ports = (service.ports ?? []).map(String);
  return [
    ...(/:\d+(\.\d+)+[\w.-]*$/.test(service.image) || service.build ? [] : [`${name}: image ${service.image} is not pinned to a version`]),
    ...literal.map(([variable]) => `${name}: ${variable} has its password in the file`),
    ...ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name}: port ${port} is open to the network`),
    ...(service.env_file === undefined ? [] : [`${name}: env_file gives a container every secret there is`]),
    ...(service.privileged || JSON.stringify(service.volumes ?? []).includes('docker.sock') ? [`${name}: may do everything on this machine`] : []),
  ];
}

/** Containers of our own image: what they may do. */
const checkRights = (name, service) => [
  ...(service.read_only === true ? [] : [`${name}: the root file system can be written`]),
  ...(service.cap_drop?.includes('ALL') ? [] : [`${name}: keeps capabilities`]),
  ...(service.security_opt?.includes('no-new-privileges:true') ? [] : [`${name}: may gain privileges`]),
  ...(/^(0|root)(:|$)/.test(String(service.user ?? '')) ? [`${name}: runs as root`] : []),
];

/** And how they start and stop. */
function checkRun(name, service, { stopSeconds, exists, commandOfImage }) {
  const [file] = service.command ?? [commandOfImage];
  return [
    ...(secondsOf(service.stop_grace_period) > stopSeconds ? []
      : [`${name}: killed after ${service.stop_grace_period ?? '10s'}, stops within ${stopSeconds} s`]),
    ...(exists(file) ? [] : [`${name}: runs ${file}, which the build does not make`]),
  ];
}

/** What an operator sets for all services, `NAME: ${NAME:-}`, is given to all of them; one at least must read it. */
const passedOn = (variable, value, schemas) =>
  value === `\${${variable}:-}` && Object.values(schemas).some(({ shape }) => variable in shape);

/** Names are those the process reads, and what an installation gives is what its schema takes. */
function checkEnvironment(name, service, { schemas, known, given }) {
  const environment = interpolated(service.environment, given);
  const schema = schemas[name];
  const reads = schema ? (variable) => variable in schema.shape : known[name];
  if (reads === undefined) return [`${name}: nobody says what it reads from its environment`];
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema?.safeParse(set) ?? { success: true };
  return [
    ...Object.keys(environment)
      .filter((variable) => !SDK_VARIABLES.has(variable) && !reads(variable) && !passedOn(variable, service.environment[variable], schemas))
      .map((variable) => `${name}: nothing reads ${variable}`),
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `${name}: ${issue.path.join('.')} ${issue.message}`)),
  ];
}
