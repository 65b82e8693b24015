import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Language } from '@trebol/contracts';
import type { FastifyRequest } from 'fastify';

export type { Language };

const DEFAULT_LANGUAGE: Language = 'en';

/** Ranges of an Accept-Language header that are looked at; longer lists come from nobody who reads the answer. */
const RANGES_MAX = 20;

function weightOf(range: string): { tag: string; weight: number } {
  const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = quality === undefined ? 1 : Number(quality.slice(2));
  return { tag: tag.split('-')[0] ?? '', weight: Number.isFinite(weight) ? weight : 0 };
}

/** The language to answer in (RFC 9110 §12.5.4): the best of es and en that the header names, else English. */
export function languageOf(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined) return DEFAULT_LANGUAGE;
  let best: { language: Language; weight: number } = { language: DEFAULT_LANGUAGE, weight: 0 };
  for (const range of acceptLanguage.split(',', RANGES_MAX)) {
    const { tag, weight } = weightOf(range);
    if ((tag === 'es' || tag === 'en') && weight > best.weight) best = { language: tag, weight };
  }
  return best.language;
}

/** `@Lang() lang: Language`: the language the caller asked for. */
export const Lang: () => ParameterDecorator = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  languageOf(context.switchToHttp().getRequest<FastifyRequest>().headers['accept-language']));
