import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '@trebol/chassis';
import { Reporter } from './reporter.ts';

/** What a reporter writes to standard output. */
function written(json: boolean, work: (reporter: Reporter) => void): string {
  const chunks: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { chunks.push(String(chunk)); return true; });
  work(new Reporter({ json, language: 'es', terminal: false }, systemClock));
  return chunks.join('');
}

describe('what a command prints', () => {
  afterEach(() => { jest.restoreAllMocks(); });

  it('given data with commands to a terminal, when a line is printed, then they are shown and not obeyed', () => {
    expect(written(false, (to) => to.line('  ñ 日本 \u001B[31m\u009B2J\r\n\u202Ex'))).toBe(
      '  ñ 日本 \uFFFD[31m\uFFFD2J\uFFFD\uFFFD\uFFFDx\n'
    );
  });

  it('given such data, when a document is printed, then they are escaped and it means the same', () => {
    const value = { name: '\u001B\u007F\u0080\u009B\u009F\u00A0ñ' };
    const text = written(true, (to) => to.document(value));
    expect(text).toMatch(/^\P{Cc}*\n$/u);
    expect(JSON.parse(text)).toEqual(value);
  });
});
