import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderInUse } from '../platform/folder-lock.ts';
import { RequestRefused } from './client.ts';
import { EXIT, endingOf } from './faults.ts';
import { run } from './run.ts';
import { HELP } from './texts.ts';

/** Runs a command line where no platform is; what it wrote, both outputs together. */
async function trebol(words: string, lang: string): Promise<{ readonly code: number; readonly said: string }> {
  const chunks: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => { chunks.push(String(chunk)); return true; });
  }
  const code = await run(
    ['node', 'trebol', ...words.split(' ')], { LANG: lang, TREBOL_DATA: join(tmpdir(), 'trebol-no-such-folder') }
  );
  return { code, said: chunks.join('') };
}

const ES = 'es_ES.UTF-8';
const EN = 'en_GB.UTF-8';

describe('the command line in es and en', () => {
  afterEach(() => { jest.restoreAllMocks(); });

  it('given any text of the help, then it is in both languages and neither holds the other', () => {
    for (const { es, en } of Object.values(HELP)) {
      expect(es).not.toBe(en);
      expect(es.includes(en) || en.includes(es)).toBe(false);
    }
  });

  it.each(['--help', 'help import', 'import --help', 'segment run --help', 'dlq replay --help', 'keys create --help', 'db roles --help'])(
    'given trebol %s, then headings, options and descriptions are in the reader\'s language', async (words) => {
      const [es, en] = [await trebol(words, ES), await trebol(words, EN)];
      expect([es.code, en.code]).toEqual([EXIT.done, EXIT.done]);
      expect(es.said).toMatch(/^Uso: trebol/);
      expect(es.said).not.toMatch(/Usage|Options|Commands|Arguments|display|show |default:|<file>|\[options\]/);
      expect(en.said).toMatch(/^Usage: trebol/);
      expect(en.said).not.toMatch(/Opciones|muestra|defecto|fichero/);
    });

  it.each([
    ['balanse 1', 'no existe la orden «balanse» (¿Quiso decir balance?)\nVea: trebol --help', /unknown command 'balanse' \(Did you mean balance\?\)\nSee: trebol --help$/],
    ['balance', 'falta el argumento <identificador>\nVea: trebol balance --help', /missing required argument/],
    ['import x', 'falta la opción --format <formato>\nVea: trebol import --help', /required option/],
    ['start --prot 1', 'no existe la opción --prot (¿Quiso decir --port?)\nVea: trebol start --help', /unknown option/],
    ['verify --heads', 'a la opción --heads <fichero> le falta su valor\nVea: trebol verify --help', /argument missing/],
    ['keys revoke a b', 'sobran argumentos: 1 como máximo y hay 2\nVea: trebol keys revoke --help', /too many arguments/],
    ['import x --format csv', '--format csv: tiene que ser onlineRetail o ndjson', /must be onlineRetail or ndjson/],
    ['start --port abc', '--port abc: tiene que ser un número de 0 a 65535', /must be a number from 0 to 65535/],
    ['start --clock tomorrow', '--clock tomorrow: tiene que ser un instante con su desfase horario, como 2026-01-31T00:00:00+01:00', /must be an instant/],
    ['rebuild nope', 'no existe el modelo de lectura «nope»; solo hay balances', /there is only balances/],
    ['--url nope --key k balance 1', '--url nope: tiene que ser como http://127.0.0.1:3000', /must be like http:/],
    ['--url http://127.0.0.1:3000 balance 1', 'con --url hace falta --key o TREBOL_KEY', /--url needs --key/],
    ['dlq replay', 'diga qué: --id <id> o --all', /say what/],
    ['verify --heads /nowhere/heads', '--heads: no se puede leer /nowhere/heads', /cannot read/],
    ['db roles', 'falta DATABASE_URL, por ejemplo: postgres://…', /DATABASE_URL is missing/],
    ['verify', `${join(tmpdir(), 'trebol-no-such-folder')} no tiene todavía una plataforma; trebol start crea una`, /holds no platform yet/],
  ])('given trebol %s, then it is wrong use, told in one or two lines', async (words, spanish, english) => {
    expect(await trebol(words, ES)).toEqual({ code: EXIT.wrongUse, said: `trebol: ${spanish}\n` });
    const en = await trebol(words, EN);
    expect(en.code).toBe(EXIT.wrongUse);
    expect(en.said.trimEnd()).toMatch(english);
  });

  it('given --lang, then it goes before LANG, wherever it stands; another language is wrong use', async () => {
    expect((await trebol('balanse --lang=es', EN)).said).toContain('no existe');
    expect((await trebol('--lang en balanse', ES)).said).toContain('unknown command');
    expect(await trebol('verify --lang fr', ES)).toEqual({ code: EXIT.wrongUse, said: 'trebol: --lang fr: se habla es y en\n' });
  });

  it('given nobody at the address, then it says so in one line', async () => {
    const server = createServer();
    const port = await new Promise<number>((done) => {
      server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
    });
    await new Promise((done) => { server.close(done); });
    const url = `http://127.0.0.1:${port}`;
    expect(await trebol(`--url ${url} --key k balance 1`, ES)).toEqual(
      { code: EXIT.broke, said: `trebol: no se puede hablar con la plataforma en ${url}: nadie responde ahí\n` }
    );
  });
});

describe('how a failure is told', () => {
  const refused = new RequestRefused(422, {
    code: 'invalidRequest', title: 'T', detail: 'Corrija los campos.', errors: [{ pointer: '/lines/0', message: 'Falta\u001B[31m' }],
  });

  it('given a refusal of the platform, then its sentence, and a line for each part with its pointer, harmless to a terminal', () => {
    expect(endingOf(refused, 'es')).toEqual({
      exitCode: EXIT.answerIsNo, lines: ['trebol: Corrija los campos. (422 invalidRequest)', '  /lines/0: Falta\uFFFD[31m'],
    });
  });

  it.each([[401, EXIT.wrongUse], [403, EXIT.wrongUse], [404, EXIT.answerIsNo], [503, EXIT.broke]])(
    'given a refusal with %s, then the exit code is %s', (status, exitCode) => {
      expect(endingOf(new RequestRefused(status, {}), 'en').exitCode).toBe(exitCode);
    });

  it('given a folder in use, then it says by whom; given what nobody foresaw, then its stack', () => {
    expect(endingOf(new DataFolderInUse('/d', 7), 'es').lines[0]).toMatch(/\/d la tiene abierta el proceso 7/);
    const { exitCode, lines } = endingOf(new Error('x'), 'es');
    expect([exitCode, lines[0]]).toEqual([EXIT.broke, 'trebol: error imprevisto: Error: x']);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('given what a system says of an ordinary day, then one line without a stack', () => {
    const failed = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 3000, address: '127.0.0.1' });
    expect(endingOf(failed, 'es')).toEqual(
      { exitCode: EXIT.broke, lines: ['trebol: 127.0.0.1:3000: ese puerto ya está en uso; otro con --port'] }
    );
  });
});
