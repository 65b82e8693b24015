import { describe, expect, it } from '@jest/globals';
import { checkDockerfile } from './dockerfile-rules.mjs';
import { dockerfileFacts, read } from './image.facts.mjs';

const text = read('deploy/Dockerfile');
const without = (pattern) => text.split('\n').filter((line) => !pattern.test(line)).join('\n');

// Held by its text: no engine has built it here. tools/image/dry-build.mjs runs its steps without one.
describe('the Dockerfile, by its text', () => {
  it('given ours, then no rule is broken', () => {
    expect(checkDockerfile(text, dockerfileFacts)).toEqual([]);
  });

  it.each([
    ['a base that moves', text.replaceAll(/node:24[\d.]+-bookworm-slim/g, 'node:24-bookworm-slim'), /not pinned/],
    ['another Node', text.replaceAll(/node:24[\d.]+-/g, 'node:24.0.0-'), /not the Node that tests run on/],
    ['one stage', text.slice(0, text.indexOf('FROM', text.indexOf('FROM') + 1)), /one stage only/],
    ['everything copied', text.replace('COPY libs libs', 'COPY . .'), /COPY \. takes more/],
    ['a .env copied', text.replace('COPY libs libs', 'COPY .env ./'), /COPY \.env takes more/],
    ['sources before packages', text.replace('RUN npm ci', 'COPY libs libs\nRUN npm ci'), /libs is copied before/],
    ['a manifest left out', without(/libs\/points\/package/), /libs\/points\/package.json is not copied/],
    ['packages of no lock file', text.replace('npm ci', 'npm install'), /no `npm ci`/],
    ['no user', without(/^USER/), /USER is ""/],
    ['root by name', text.replace('USER 1000:1000', 'USER root'), /USER is "root"/],
    ['root by number', text.replace('USER 1000:1000', 'USER 0:0'), /USER is "0"/],
    ['a user by name', text.replace('USER 1000:1000', 'USER node'), /USER is "node"/],
    ['no health check', without(/livez/), /no HEALTHCHECK/],
    ['a health check that asks for readiness', text.replace('/livez', '/readyz'), /no HEALTHCHECK/],
    ['a shell in front', text.replace(/ENTRYPOINT .*/, 'ENTRYPOINT node --import @trebol/chassis/otel'), /shell would keep SIGTERM/],
    ['a command in a shell', text.replace(/\nCMD .*/, '\nCMD node a.js'), /CMD is no JSON array/],
    ['a command that is not built', text.replace('dist/command-line/trebol.js", "start"', 'dist/gone.js", "start"'), /gone.js, which the build does not make/],
    ['a password in it', text.replace('ENV NODE_ENV=production', 'ENV NODE_ENV=production POSTGRES_PASSWORD=x'), /POSTGRES_PASSWORD would be written/],
    ['a token asked for', text.replace('WORKDIR /trebol', 'ARG NPM_TOKEN\nWORKDIR /trebol'), /NPM_TOKEN would be written/],
    ['a file from elsewhere', `${text}\nADD https://example.org/a.tgz /a`, /ADD https/],
  ])('given %s, then that is said', (_, changed, said) => {
    expect(changed).not.toBe(text);
    expect(checkDockerfile(changed, dockerfileFacts).join('\n')).toMatch(said);
  });
});
