import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkContext, CONTEXT_BYTES_MAX, filesOf, sends } from './build-context.mjs';
import { parseDockerfile } from './dockerfile-rules.mjs';
import { read, root } from './image.facts.mjs';

const ignore = read('.dockerignore');

describe('what a build sends to the engine', () => {
  it('given this working copy, then only sources, manifests and the example\'s data, and of a bounded size', () => {
    const sent = filesOf(root).filter((path) => sends(ignore, path));
    const bytes = sent.reduce((sum, path) => sum + statSync(join(root, path)).size, 0);
    expect(checkContext(sent, bytes)).toEqual([]);
    expect(sent).toEqual(expect.arrayContaining(['package-lock.json', 'services/earning/src/main.ts', 'examples/online-retail/onlineretail.csv.gz']));
  });

  it.each([
    '.env', '.env.local', '.env.example', 'services/earning/.env', 'libs/chassis/src/.env.production', '.npmrc', '.git/config', 'id_rsa', 'server.pem',
    'services/earning/server.key', 'secrets/password.txt', 'data/identifier.key', 'services/standalone/data/identifier.key', 'dump.sql',
    'node_modules/zod/index.js', 'services/earning/node_modules/a/index.js', 'libs/chassis/dist/index.js', 'tools/bootstrap.mjs', 'new-folder/anything.json',
    'libs/points/src/fold.spec.ts',
  ])('given %s, then it stays here', (path) => {
    expect(sends(ignore, path)).toBe(false);
  });

  it('given every COPY of the Dockerfile, then its files are sent', () => {
    const files = filesOf(root).filter((path) => sends(ignore, path));
    const copied = parseDockerfile(read('deploy/Dockerfile')).filter(({ name, rest }) => name === 'COPY' && !rest.includes('--from='))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    const missing = copied.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)));
    expect([copied.length > 10, missing]).toEqual([true, []]);
  });

  it('given a list of what stays here, as it was, then the secrets beside the sources are named', () => {
    const before = '.git\n**/node_modules\n**/dist\ndata\n';
    const sent = ['.env', 'services/earning/.env', 'server.pem', 'package.json', 'data/x.json'].filter((path) => sends(before, path));
    expect(checkContext(sent, 0)).toEqual(['.env', 'services/earning/.env', 'server.pem']
      .map((path) => `${path} would be sent to the engine and is nothing the image is built from`));
  });

  it('given as many bytes as may be sent and one more, then the one is too many', () => {
    expect(checkContext([], CONTEXT_BYTES_MAX)).toEqual([]);
    expect(checkContext([], CONTEXT_BYTES_MAX + 1)).toHaveLength(1);
  });

  it.each([
    ['*', 'a', false], ['*\n!a', 'a/b/c', true], ['a?c', 'abc', false], ['a?c', 'a/c', true], ['**/x', 'x', false], ['**/x', 'a/b/x/y', false], ['/a/', 'a/b', false],
    ['a/**', 'a/b', false], ['# a\n\nb', 'a', true], ['a.b', 'aXb', true],
  ])('given the rules %p, then %s is sent: %s', (rules, path, sent) => {
    expect(sends(rules, path)).toBe(sent);
  });

  it('given secrets, then git does not take them either, and takes the example', () => {
    const lines = read('.gitignore').split('\n');
    expect(lines.indexOf('!.env.example')).toBeGreaterThan(lines.indexOf('.env*'));
    expect(lines).toContain('.env*');
  });
});
