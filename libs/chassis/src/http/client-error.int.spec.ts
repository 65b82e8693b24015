import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { fixedClock, sequentialIds } from '@trebol/testing';
import { Health } from '../lifecycle/health.ts';
import { createHttpApplication } from './http-application.ts';

describe('what never becomes a request', () => {
  it.each([
    ['headers over 16 KiB', `GET /livez HTTP/1.1\r\nHost: x\r\nAccept-Language: es\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headersTooLarge', 'Cabeceras demasiado grandes'],
    ['nonsense', 'what?\r\n\r\n', 400, 'unreadableRequest', 'The request cannot be read'],
  ])('given %s, then it is a problem document too, and the server serves on', async (...[, bytes, status, code, title]) => {
    @Module({})
    class NothingModule {}
    const app = await createHttpApplication(NothingModule, {
      ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(undefined) } }, health: new Health(fixedClock(0)), logger: false,
      documentation: { title: 'x', version: '1' },
    });
    await app.listen(0, '127.0.0.1');
    const port = Number(new URL(await app.getUrl()).port);
    const answer = await new Promise<string>((done, fail) => {
      const chunks: Buffer[] = [];
      const socket = connect(port, '127.0.0.1', () => { socket.write(bytes); });
      socket.on('data', (chunk) => chunks.push(chunk)).on('end', () => { done(Buffer.concat(chunks).toString()); }).on('error', fail);
    });
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ type: `/problems/${code}`, code, status, title, traceId: expect.any(String) });
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    await app.close();
  });
});
