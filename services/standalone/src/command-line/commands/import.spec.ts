import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '@trebol/chassis';
import { Reporter } from '../reporter.ts';
import { type ImportAnswer, printImport } from './import.ts';

const reason = (rows: number, column: string): ImportAnswer['rejectedBy'][number] => (
  { code: `c${rows}`, rows, sentence: `Motivo ${rows}.`, first: { row: rows + 1, column, message: column === '' ? `Motivo ${rows}.` : 'Falta' } }
);
const JOB: ImportAnswer = {
  importId: 'imp_1', state: 'done', bytesRead: 1, bytesTotal: 1, rows: { read: 12_003, rated: 12_000, rejected: 3 },
  tickets: { read: 400, rated: 400, rejected: 0 }, points: { earned: 1, reversed: 0 }, rejectedBy: [reason(2, 'Quantity'), reason(1, '')],
  rejectsKept: 3,
};

function printed(job: ImportAnswer): readonly string[] {
  const chunks: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { chunks.push(String(chunk)); return true; });
  printImport(new Reporter({ json: false, language: 'es', terminal: false }, systemClock), job);
  return chunks.join('').trimEnd().split('\n').map((line) => line.trim());
}

describe('the counts of an import', () => {
  afterEach(() => { jest.restoreAllMocks(); });

  it('given rejected rows, then their reasons stand under the counts with the first row of each; they are no tickets', () => {
    expect(printed(JOB)).toEqual([
      'Filas leídas: 12.003', '12.000  valoradas (400 tiques)', '3  rechazadas', 'Por qué se rechazaron:',
      '2  Motivo 2. (la primera, fila 3, Quantity: Falta)', '1  Motivo 1. (la primera, fila 2)',
    ]);
  });

  it('given five reasons, then all are named; given six, then five and how many more', () => {
    const reasons = [6, 5, 4, 3, 2, 1].map((rows) => reason(rows, ''));
    expect(printed({ ...JOB, rejectedBy: reasons.slice(0, 5) }).at(-1)).toMatch(/^2 {2}Motivo 2/);
    expect(printed({ ...JOB, rejectedBy: reasons }).slice(-2)).toEqual([expect.stringMatching(/^2 {2}Motivo 2/), 'y 1 más']);
  });

  it('given an import without rejects, then nothing is said of them', () => {
    expect(printed({ ...JOB, rejectedBy: [] })).toHaveLength(3);
  });
});
