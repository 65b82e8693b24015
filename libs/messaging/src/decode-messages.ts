import type { IncomingMessage, MessageBatch, MessageFailure } from './port.ts';

/** Longest failure text kept, in characters: enough for an operator, too short to carry a payload. */
const DETAIL_CHARACTERS_MAX = 500;
/** Most schema issues named in one failure. */
const ISSUES_MAX = 5;

interface SchemaIssue { readonly path: readonly PropertyKey[]; readonly message: string }

/** The part of a Zod 4 schema that is used here. */
export interface ValueSchema<Value> {
  safeParse(input: unknown): { readonly success: true; readonly data: Value }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

export interface DecodedMessage<Value> {
  readonly message: IncomingMessage;
  readonly value: Value;
}

export interface DecodedBatch<Value> {
  readonly decoded: readonly DecodedMessage<Value>[];
  readonly failures: readonly MessageFailure[];
}

const describe = (issues: readonly SchemaIssue[]): string =>
  issues.slice(0, ISSUES_MAX).map((issue) => `/${issue.path.map(String).join('/')}: ${issue.message}`)
    .join('; ').slice(0, DETAIL_CHARACTERS_MAX);

type Parsed = { readonly json: unknown } | { readonly detail: string };

function parsed(text: string): Parsed {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    // The engine's own text quotes the payload, which may hold personal data.
    return { detail: `not JSON (${text.length} characters)` };
  }
}

function decodeOne<Value>(message: IncomingMessage, schema: ValueSchema<Value>): DecodedMessage<Value> | MessageFailure {
  const read = parsed(message.value);
  if ('detail' in read) return { message, code: 'unreadable', detail: read.detail };
  const checked = schema.safeParse(read.json);
  if (checked.success) return { message, value: checked.data };
  return { message, code: 'schemaMismatch', detail: describe(checked.error.issues) };
}

/**
 * Reads the values of a batch. What is not JSON (`unreadable`) or does not satisfy the schema (`schemaMismatch`) becomes a failure for the
 * handler to return. Later messages of the key of a failure are in neither list: the runner parks them behind it and hands them over again.
 */
export function decodeMessages<Value>(batch: MessageBatch, schema: ValueSchema<Value>): DecodedBatch<Value> {
  const decoded: DecodedMessage<Value>[] = [];
  const failures: MessageFailure[] = [];
  const failedKeys = new Set<string>();
  for (const message of batch.messages) {
    if (failedKeys.size > 0 && failedKeys.has(message.key)) continue;
    const result = decodeOne(message, schema);
    if ('value' in result) {
      decoded.push(result);
    } else {
      failures.push(result);
      failedKeys.add(message.key);
    }
  }
  return { decoded, failures };
}
