const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/trb_(?:test|live)_[A-Za-z0-9_-]{8,}/g, 'trb_[redacted]'],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  [/(:\/\/[^\s:/@"\\]+):[^\s@"\\]+@/g, '$1:[redacted]@'],
  [/[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+/g, '[e-mail]'],
  [/\+\d(?:[ -]?\d){7,14}/g, '[phone]'],
];

/** Members whose value is never logged, wherever they are in the first two levels of a log line. */
export const REDACTED_MEMBERS: readonly string[] = ['authorization', 'email', 'phone', 'birthDate', 'password'].flatMap((name) =>
  [name, `*.${name}`, `*.*.${name}`]);

/** Takes keys, passwords in addresses, e-mail addresses and international phone numbers out of a finished log line. */
export function redactLine(line: string): string {
  return REPLACEMENTS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
