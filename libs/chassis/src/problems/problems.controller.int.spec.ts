import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedClock, sequentialIds } from '@trebol/testing';
import { createHttpApplication } from '../http/http-application.ts';
import { Health } from '../lifecycle/health.ts';

describe('the type of a problem', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    @Module({})
    class NothingModule {}
    app = await createHttpApplication(NothingModule, {
      ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(undefined) } }, health: new Health(fixedClock(0)), logger: false,
      documentation: { title: 'x', version: '1' },
    });
    await app.init();
  });
  afterAll(() => app.close());

  const follow = (accept: string, code = 'bodyTooLarge') => app.inject(
    { url: `/problems/${code}`, headers: { accept, 'accept-language': 'es' } },
  );

  it('given no key, when it is followed, then it says what the code means, without the figures of one occurrence', async () => {
    expect((await follow('application/json')).json()).toEqual({
      type: '/problems/bodyTooLarge', code: 'bodyTooLarge', status: 413, title: 'El cuerpo es demasiado grande',
      detail: 'El cuerpo de la petición supera el límite de … bytes.',
    });
  });

  it('given a browser, when it is followed, then there is a page', async () => {
    const page = await follow('text/html,application/xhtml+xml');
    expect([page.headers['content-type'], page.headers['content-language']]).toEqual(['text/html; charset=utf-8', 'es']);
    expect(page.body).toContain('<h1>El cuerpo es demasiado grande</h1>');
  });

  it('given a code that nobody declared, then it is not found; given none, then all are listed', async () => {
    expect((await follow('*/*', 'madeUp')).statusCode).toBe(404);
    const { problems } = (await app.inject({ url: '/problems' })).json<{ problems: { code: string }[] }>();
    expect(problems.map(({ code }) => code)).toEqual(expect.arrayContaining(['notFound', 'headersTooLarge']));
  });
});
