import { type ProblemCode, problemCatalogue, type ProblemText } from './catalogue.ts';
import type { Language } from './language.ts';

/** What is wrong with one part of a request. A message that differs by language is given in both. */
export interface FieldError {
  /** JSON pointer (RFC 6901) into the body; `/query/…`, `/path/…` and `/header/…` for the other parts of a request. */
  readonly pointer: string;
  readonly message: string | Readonly<Record<Language, string>>;
}

/** Figures and names for the caller; they become members of the problem document and fill `{placeholders}` of its detail. */
export type ProblemDetails = Record<string, unknown> & { readonly errors?: readonly FieldError[] };

/** RFC 9457 problem document. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly traceId: string;
  readonly errors?: readonly { pointer: string; message: string }[];
  readonly [extension: string]: unknown;
}

const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** A refusal that the caller is told about. Throw it from a controller or below; the filter answers it in the caller's language. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly details: ProblemDetails;

  /** An undeclared code is a programming error and throws. */
  constructor(code: ProblemCode, details: ProblemDetails = {}, options?: ErrorOptions) {
    super(code, options);
    const definition = problemCatalogue.get(code);
    if (definition === undefined) throw new Error(`undeclared problem code: ${code}`);
    this.code = code;
    this.status = definition.status;
    this.details = details;
  }

  /** Seconds for the Retry-After header of a 503 (detail `retryAfterSeconds`, else 1); undefined for other statuses. */
  get retryAfterSeconds(): number | undefined {
    if (this.status !== 503) return undefined;
    const given = this.details['retryAfterSeconds'];
    return typeof given === 'number' ? given : DEFAULT_RETRY_AFTER_SECONDS;
  }
}

/** The document a caller gets for a problem. */
export function problemDocument(problem: Problem, language: Language, traceId: string): ProblemDocument {
  const words: ProblemText = problemCatalogue.get(problem.code)?.[language] ?? { title: problem.code, detail: problem.code };
  const { errors, ...extensions } = problem.details;
  const retryAfterSeconds = problem.retryAfterSeconds;
  const figures = retryAfterSeconds === undefined ? extensions : { retryAfterSeconds, ...extensions };
  return {
    ...figures,
    type: `/problems/${problem.code}`,
    title: words.title,
    status: problem.status,
    detail: filled(words, figures),
    code: problem.code,
    ...(errors === undefined ? {} : { errors: errors.map((error) => inLanguage(error, language)) }),
    traceId,
  };
}

function inLanguage({ pointer, message }: FieldError, language: Language): { pointer: string; message: string } {
  return { pointer, message: typeof message === 'string' ? message : message[language] };
}

function filled({ detail, words = {} }: ProblemText, figures: Record<string, unknown>): string {
  return detail.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = figures[name];
    if (typeof value === 'string' && Object.hasOwn(words, value)) return words[value] ?? value;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : placeholder;
  });
}
