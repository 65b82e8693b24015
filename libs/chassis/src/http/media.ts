import { z } from 'zod';
import type { DocumentedContent } from './documented.ts';

/** Whether a value is written (a body, a parameter) or read (an answer): defaults and transformations differ. */
export type Direction = 'input' | 'output';

type Media = Record<string, { schema: Record<string, unknown> }>;

/** OpenAPI 3.0 schema of a Zod schema. */
export function schemaOf(schema: z.ZodType, io: Direction): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any', reused: 'inline' }) };
}

/** `content` of a body or an answer: a media type for each shape it may have. */
export function mediaOf(contents: DocumentedContent | readonly DocumentedContent[], io: Direction): Media {
  const media: Media = {};
  for (const content of [contents].flat() as DocumentedContent[]) {
    if (content instanceof z.ZodType) {
      media['application/json'] = { schema: schemaOf(content, io) };
      continue;
    }
    const { mediaTypes, description } = content;
    for (const type of mediaTypes) media[type] = { schema: { type: 'string', format: 'binary', description } };
  }
  return media;
}
