import { describe, expect, it } from '@jest/globals';
import frontDoor from '../../deploy/compose/front-door.js';

/** nginx's request as njs gives it, over services that answer as told; undefined: what nginx says of one that is away. */
function requested(uri, answers) {
  const said = { headersOut: {} };
  return {
    said,
    r: {
      uri, variables: { services: Object.keys(answers).join(' ') }, headersOut: said.headersOut,
      subrequest: async (path) => {
        const [, service, name] = /^\/(\w+)(\/.*)$/.exec(path) ?? [];
        const body = answers[service]?.[name];
        return { responseText: body === undefined ? '<html>502</html>' : JSON.stringify(body) };
      },
      return: (status, body) => { Object.assign(said, { status, body: JSON.parse(body) }); },
    },
  };
}

const ok = { '/readyz': { status: 'ok' } };

describe('the front door of containers', () => {
  it.each([
    ['all are ready', { earning: ok, ledger: ok }, { status: 200, word: 'ok' }],
    ['one says it is not', { earning: ok, ledger: { '/readyz': { status: 'unavailable' } } }, { status: 503, word: 'unavailable' }],
    ['one is away', { earning: ok, ledger: undefined }, { status: 503, word: 'unavailable' }],
  ])('given that %s, when readiness is asked for, then it says so and which', async (_what, answers, { status, word }) => {
    const { r, said } = requested('/readyz', answers);
    await frontDoor.ready(r);
    expect(said).toMatchObject({ status, body: { status: word, services: { earning: { status: 'ok' }, ledger: { status: word } } } });
    expect(said.headersOut).toEqual({ 'Content-Type': 'application/json' });
  });

  it('given services with paths of their own and one that is away, then the document has all that answer', async () => {
    const document = (path, method, schema) => ({
      '/openapi.json': { openapi: '3.0.0', paths: { [path]: { [method]: {} } }, components: { schemas: { [schema]: {} }, securitySchemes: { key: {} } } },
    });
    const { r, said } = requested('/openapi.json', {
      enrollment: document('/v1/members/{id}', 'get', 'Member'), ledger: document('/v1/members/{id}', 'patch', 'Balance'),
      earning: document('/v1/imports', 'post', 'Import'), segmentation: undefined,
    });
    await frontDoor.openapi(r);
    expect(said).toMatchObject({ status: 200, body: {
      openapi: '3.0.0', paths: { '/v1/members/{id}': { get: {}, patch: {} }, '/v1/imports': { post: {} } },
      components: { schemas: { Member: {}, Balance: {}, Import: {} }, securitySchemes: { key: {} } },
    } });
  });
});
