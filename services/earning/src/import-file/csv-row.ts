/**
 * Fields of one row of CSV (RFC 4180, comma, double quotes), or undefined when its quotes are malformed. One row is one physical
 * line: after a stray quote a parser of whole files cannot tell where the next row begins and swallows good rows, so a line break
 * inside quotes is a malformed row here.
 */
export function csvFields(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const end = line.charCodeAt(at) === QUOTE ? quotedField(line, at, fields) : bareField(line, at, fields);
    if (end < 0) return undefined;
    if (end === line.length) return fields;
    if (line.charCodeAt(end) !== COMMA) return undefined;
    at = end + 1;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;

/** Adds the quoted field that begins here; answers where it ends, −1 when it does not. */
function quotedField(line: string, at: number, fields: string[]): number {
  const end = closingQuote(line, at + 1);
  if (end < 0) return -1;
  const field = line.slice(at + 1, end);
  fields.push(field.includes('""') ? field.replaceAll('""', '"') : field);
  return end + 1;
}

/** Adds the field without quotes that begins here; answers where it ends, −1 when there is a quote in it. */
function bareField(line: string, at: number, fields: string[]): number {
  const comma = line.indexOf(',', at);
  const end = comma < 0 ? line.length : comma;
  const field = line.slice(at, end);
  fields.push(field);
  return field.includes('"') ? -1 : end;
}

/** Index of the quote that ends a quoted field; two in a row stand for one of the field's own. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) {
    if (line.charCodeAt(at + 1) !== QUOTE) return at;
  }
  return -1;
}

/** One field of CSV, quoted where it must be. A text that a spreadsheet would take for a formula is given a leading apostrophe. */
export function csvField(value: string | number): string {
  const text = typeof value === 'number' || !/^[=+\-@\t\r]/.test(value) ? String(value) : `'${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
