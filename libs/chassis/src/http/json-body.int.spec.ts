import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedClock, sequentialIds } from '@trebol/testing';
import { PublicRoute } from '../auth/route-scope.ts';
import { Health } from '../lifecycle/health.ts';
import { createHttpApplication } from './http-application.ts';

@Controller('echo')
class EchoController {
  @Post()
  @HttpCode(200)
  @PublicRoute()
  echo(@Body() body: unknown): { readonly body: unknown } {
    return { body };
  }
}

describe('a JSON body', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    @Module({ controllers: [EchoController] })
    class EchoModule {}
    app = await createHttpApplication(EchoModule, {
      ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(undefined) } }, health: new Health(fixedClock(0)), logger: false,
      documentation: { title: 'x', version: '1' },
    });
    await app.init();
  });
  afterAll(() => app.close());

  const post = async (payload: string) => {
    const answer = await app.inject({
      method: 'POST', url: '/echo', payload, headers: { 'content-type': 'application/json', 'accept-language': 'es' },
    });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };

  it.each([
    ['a value', String.raw`{"name":"Ana","lines":[{"sku":"a"},{"sku":"\ud83dx"}]}`, '/lines/1/sku'],
    ['a name', String.raw`{"a/b":{"\udc00":1}}`, '/a~1b'], ['the whole body', String.raw`"\uDFFF"`, ''],
  ])('given half a character in %s, then 422 points at it', async (_name, payload, pointer) => {
    const message = 'Tiene medio carácter (un sustituto de UTF-16 sin su pareja)';
    expect(await post(payload)).toMatchObject({ status: 422, body: { code: 'invalidRequest', errors: [{ pointer, message }] } });
  });

  it('given a whole character in two escapes, or an escaped backslash before a u, then it is text', async () => {
    expect(await post(String.raw`["\ud83d\ude00","\\ud83d"]`)).toEqual({ status: 200, body: { body: ['😀', String.raw`\ud83d`] } });
  });
});
