import { fieldMessages, inSpanish } from '@trebol/contracts';
import type { z } from 'zod';
import type { FieldError } from '../problems/problem.ts';
import type { Language } from '../problems/language.ts';

/** Errors reported for one request; the rest would not be read, and a batch of 1,000 tickets could make an answer of megabytes. */
const ERRORS_MAX = 100;

type Issue = z.core.$ZodIssue;
type PathKey = PropertyKey;

/** What is said of a field that nobody knows; always this very object. */
export const UNKNOWN_FIELD: Readonly<Record<Language, string>> = { es: 'Campo desconocido', en: 'Unknown field' };

/** JSON pointer (RFC 6901) of a path. */
export function jsonPointer(path: readonly PathKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** An objection in both languages. */
export interface ToldFieldError extends FieldError { readonly message: Readonly<Record<Language, string>> }

interface Finding {
  readonly path: readonly PathKey[];
  /** undefined: the field is not known. */
  readonly message: string | undefined;
}

function findings(issue: Issue, base: readonly PathKey[]): readonly Finding[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], message: undefined }));
  // What a schema says itself of all its alternatives (it has a Spanish form) tells more than any one of them.
  if (issue.code === 'invalid_union' && inSpanish(issue.message) === issue.message) {
    // The alternative that fits best (fewest objections) is the one the caller meant.
    const closest = issue.errors.filter((branch) => branch.length > 0).toSorted((left, right) => left.length - right.length)[0];
    if (closest !== undefined) return closest.flatMap((nested) => findings(nested, path));
  }
  return [{ path, message: issue.message }];
}

function findingsIn(language: Language, schema: z.ZodType, value: unknown): readonly Finding[] {
  const result = schema.safeParse(value, { error: fieldMessages[language] });
  return result.success ? [] : result.error.issues.flatMap((issue) => findings(issue, []));
}

/**
 * What a schema objects to, in both languages, at most 100 objections. Only called once a value is known to be wrong, so the
 * second parse costs nothing on the good path. Messages written into a schema itself appear as they are in English, and in Spanish where
 * `inSpanish` knows them.
 */
export function fieldErrors(schema: z.ZodType, value: unknown, prefix: string): readonly ToldFieldError[] {
  const english = findingsIn('en', schema, value).slice(0, ERRORS_MAX);
  const spanish = findingsIn('es', schema, value);
  const told = english.map((finding, index) => ({
    pointer: prefix + jsonPointer(finding.path),
    message: finding.message === undefined ? UNKNOWN_FIELD : { en: finding.message, es: inSpanish(spanish[index]?.message ?? finding.message) },
  }));
  // Zod objects to 1e20 as a whole number and as one that is too large, in the same words.
  const said = new Set<string>();
  return told.filter(({ pointer: at, message }) => {
    const once = `${at}\n${message.en}`;
    return said.has(once) ? false : said.add(once);
  });
}

/** Objections of an error that was thrown by a plain `parse`, in the language it was made in. */
export function fieldErrorsOf(error: z.core.$ZodError): readonly FieldError[] {
  return error.issues
    .flatMap((issue) => findings(issue, []))
    .slice(0, ERRORS_MAX)
    .map((finding) => ({ pointer: jsonPointer(finding.path), message: finding.message ?? UNKNOWN_FIELD }));
}
