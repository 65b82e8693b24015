// What a build would send to the engine, by .dockerignore: the engine's own rules, without an engine.
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The only kinds of file that the image is built from. What is of another kind, a secret above all, is named. */
const KINDS = /(\.(ts|mjs|json|md|yaml|gz)|(^|\/)LICENSE)$/;

/** Bytes sent at most, in all: the sources and the example's data are some 12 MB. */
export const CONTEXT_BYTES_MAX = 64 * 2 ** 20;

/** A pattern of .dockerignore: `*` and `?` stop at a slash, `**` does not. */
const expression = (pattern) => new RegExp(`^${pattern
  .replace(/[.+^${}()|[\]\\]/g, '\\$&')
  .replaceAll('**/', '\0').replaceAll('**', '\u0001').replaceAll('*', '[^/]*').replaceAll('?', '[^/]')
  .replaceAll('\0', '(?:.*/)?').replaceAll('\u0001', '.*')}$`);

/** The rules of a .dockerignore in their order. */
function rulesOf(text) {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const keeps = line.startsWith('!');
    const pattern = (keeps ? line.slice(1) : line).trim().replace(/^\/+|\/+$/g, '');
    return { keeps, matches: expression(pattern) };
  });
}

/** Whether a file is sent: the last rule that matches it, or a folder it is in, decides. */
export function sends(ignoreText, path) {
  const parts = path.split('/');
  const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let sent = true;
  for (const { keeps, matches } of rulesOf(ignoreText)) if (prefixes.some((prefix) => matches.test(prefix))) sent = keeps;
  return sent;
}

/** Every file of a working copy, but for folders that would take long to walk. */
export function filesOf(root, walked = ['**/*', '**/.*', '**/.*/**/*']) {
  const heavy = new Set(['node_modules', '.git', '.nx', '.cache']);
  const found = globSync(walked, { cwd: root, exclude: (name) => heavy.has(String(name).split('/').at(-1)) });
  return [...new Set(found)].filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile());
}

/** Sentences, one for each file that must not go to the engine. `files` is what would be sent. */
export function checkContext(files, bytes) {
  const wrong = files.filter((path) => !KINDS.test(path) || path.split('/').some((part) => part.startsWith('.')));
  return [
    ...wrong.map((path) => `${path} would be sent to the engine and is nothing the image is built from`),
    ...(bytes > CONTEXT_BYTES_MAX ? [`${bytes} bytes would be sent to the engine, at most ${CONTEXT_BYTES_MAX}`] : []),
  ];
}
