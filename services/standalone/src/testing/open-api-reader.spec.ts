import { describe, expect, it } from '@jest/globals';
import { OpenApiReader } from './open-api-reader.ts';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const reader = new OpenApiReader({
  paths: {
    '/v1/things/{id}': {
      get: {
        responses: {
          200: json({ type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false }),
          404: { content: { 'application/problem+json': { schema: { allOf: [{ properties: { code: { enum: ['thingNotFound'] } } }] } } } },
        },
      },
    },
    '/v1/things/latest': { get: { responses: { 204: {} } } },
  },
});
const answered = (status: number, body: unknown, more = {}) => reader.objections({
  method: 'GET', path: '/v1/things/7?x=1', status, type: status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json', body, ...more,
});

describe('an answer held against the document', () => {
  it('given an answer or a refusal that is promised, then there is no objection', () => {
    expect([answered(200, { id: '7' }), answered(404, { code: 'thingNotFound' })]).toEqual([[], []]);
    expect(answered(204, undefined, { path: '/v1/things/latest' })).toEqual([]);
  });

  it.each([
    ['a member that nobody documented', answered(200, { id: '7', secret: 1 })],
    ['a member that is missing', answered(200, {})],
    ['a status that is not promised', answered(201, { id: '7' })],
    ['another type', answered(200, undefined, { type: 'text/html' })],
    ['a refusal by a code that is not promised', answered(404, { code: 'memberNotFound' })],
    ['a path that is not there', answered(200, {}, { path: '/v1/other' })],
    ['a body where none is promised', answered(204, {}, { path: '/v1/things/latest' })],
  ])('given %s, then it objects', (_name, objections) => {
    expect(objections).toHaveLength(1);
  });
});
