import { describe, expect, it } from '@jest/globals';
import { failureText, IMPORT_FAILURE_CODES } from './import-file/import-failure.ts';
import { rejectReasons } from './import-file/reject-reasons.ts';
import { activationFaults, claimFaults, correctionFaults, notPostedReasons, ticketFaults } from './reasons.ts';

// That every code of a union is in its table is held by the compiler: each is a Record over the closed union.
const tables = { ticketFaults, correctionFaults, notPostedReasons, activationFaults, claimFaults, rejectReasons };

describe('reasons that people read', () => {
  it.each(Object.entries(tables))('given the codes of %s, then each has a whole sentence in es and in en, and no two are the same', (_name, table) => {
    const sentences = Object.entries(table).flatMap(([code, { es, en }]) => {
      expect([code, es]).not.toEqual([code, en]);
      return [es, en];
    });
    expect(sentences.filter((sentence) => !/^\p{Lu}.+\.$/u.test(sentence))).toEqual([]);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it.each(IMPORT_FAILURE_CODES)('given an import that ended with %s, then it is told in es and in en, with its row or columns', (code) => {
    const failure = { code, atRow: 17, missing: ['InvoiceNo'], unexpected: ['b'] };
    const [es, en] = [failureText(failure, 'es'), failureText(failure, 'en')];
    expect(es).not.toBe(en);
    const shown = { wrongColumns: /InvoiceNo.*b/, emptyFile: /./, notText: /UTF-8/ };
    for (const text of [es, en]) expect(text).toMatch(code in shown ? shown[code as keyof typeof shown] : /17/);
  });
});
