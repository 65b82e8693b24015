const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/trb_(?:test|live)_[A-Za-z0-9_-]{8,}/g, 'trb_[redacted]'],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  [/(:\/\/[^\s:/@"\\]+):[^\s@"\\]+@/g, '$1:[redacted]@'],
  [/[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+/g, '[e-mail]'],
  [/\+\d(?:[ -]?\d){7,14}/g, '[phone]'],
];

/** Members whose value is never logged, in lower case and without `-` and `_`: secrets, and what enrollment knows of people. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  'authorization', 'proxyauthorization', 'cookie', 'setcookie', 'password', 'secret', 'token', 'key', 'apikey', 'adminkey', 'identifierkey',
  'email', 'phone', 'birthdate', 'firstname', 'lastname', 'fullname', 'address', 'identifier', 'identifiers', 'parameters',
]);

/** Levels of a logged object that are looked at; what is deeper is left out, for nobody logs that on purpose. */
const DEPTH_MAX = 6;

/** Members of one object, elements of one array that are logged. */
const MEMBERS_MAX = 100;

/** Longest chain of causes that is logged. */
const CAUSES_MAX = 4;

const REDACTED = '[redacted]';

/** Takes keys, passwords in addresses, e-mail addresses and international phone numbers out of a finished log line or a message. */
export function redactLine(line: string): string {
  return REPLACEMENTS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

/** A copy of a logged object without the values of secret and personal members, however deep they are. */
export function redactMembers(logged: Record<string, unknown>): Record<string, unknown> {
  return copied(logged, 0) as Record<string, unknown>;
}

function copied(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return errorFacts(value);
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, MEMBERS_MAX).map((element) => copied(element, depth + 1));
  return Object.fromEntries(Object.entries(value).slice(0, MEMBERS_MAX).map(([name, member]) =>
    [name, SECRET_MEMBERS.has(name.toLowerCase().replaceAll(/[-_]/g, '')) ? REDACTED : copied(member, depth + 1)]));
}

/**
 * What is logged of an error: type, message, stack, code and causes. Not its other members: those of a failed query hold the row
 * (`detail`, `parameters`).
 */
export function errorFacts(error: unknown, causes = 0): unknown {
  if (!(error instanceof Error)) return copied(error, 1);
  const code: unknown = Reflect.get(error, 'code');
  return {
    type: error.name, message: error.message, stack: error.stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.cause === undefined || causes >= CAUSES_MAX ? {} : { cause: errorFacts(error.cause, causes + 1) }),
  };
}
