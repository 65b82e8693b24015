import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvLine } from './csv.ts';

/** Reads one line by the letter of RFC 4180, character by character. */
function readLine(line: string): string[] {
  const cells = [''];
  let quoted = false;
  for (let at = 0; at < line.length - 2; at += 1) {
    const character = line.charAt(at);
    const last = cells.length - 1;
    if (character === '"' && quoted && line.charAt(at + 1) === '"') { cells[last] += '"'; at += 1; }
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) cells.push('');
    else cells[last] += character;
  }
  return cells;
}

describe('CSV', () => {
  it.each([
    ['=1+1', "'=1+1"], ['+34', "'+34"], ['-x', "'-x"], ['@sum', "'@sum"], ['\tx', "'\tx"], ['\r=x', `"'\r=x"`], ['\n=x', `"'\n=x"`],
    ['=a,b', `"'=a,b"`], ['a"b', '"a""b"'], ['plain', 'plain'], ['a=b', 'a=b'], ['ñ', 'ñ'],
  ])('given the text %j, when written, then the cell is %j', (text, cell) => {
    expect(csvLine([text, 1])).toBe(`${cell},1\r\n`);
  });

  it('given a negative number, when written, then it stays a number', () => {
    expect(csvLine([-5])).toBe('-5\r\n');
  });

  it('given any text, when written and read, then it comes back, at most with an apostrophe in front, and begins no formula', () => {
    const anyText = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '=', '-', '\t', ' ', 'é') });
    fc.assert(fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (texts) => {
      const cells = readLine(csvLine(texts));
      expect(cells.map((cell, index) => (cell === texts[index] ? cell : cell.slice(1)))).toEqual(texts);
      expect(cells.some((cell) => /^[=+\-@\t\r\n]/.test(cell))).toBe(false);
    }));
  });
});
