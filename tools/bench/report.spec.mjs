import { describe, expect, it } from '@jest/globals';
import { ROWS } from './report-rows.mjs';
import { placed, section } from './report.mjs';
import { SCENARIOS, SMOKE } from './scenarios.mjs';

const sum = (median, quotable = true) => ({ median, min: median, max: median, spread: quotable ? 0 : 1, quotable });
const machine = {
  cpu: 'a processor', cores: 2, memoryGiB: 24, kernel: '6', node: 'v24', postgres: '18', seed: 7, revision: 'abc', at: '2026-11-23T00:00:00Z', loadBefore: 0.1, smoke: false,
};
const recovery = { process: sum(1.5), withPostgres: sum(3, false), sent: { cutOff: 4, cutOffSecondsMax: 30 } };
const lineOf = (text, scenario) => text.split('\n').find((line) => line.includes(`-- ${scenario}\``));

describe('the page of figures', () => {
  it('given the scenarios, then each has a row and each row names one that exists', () => {
    const named = ROWS.map(({ scenario }) => scenario).filter((scenario) => scenario !== 'none');
    expect(new Set(named)).toEqual(new Set(Object.keys(SCENARIOS)));
    expect(SMOKE.every((name) => Object.hasOwn(SCENARIOS, name))).toBe(true);
  });

  it('given a run of one scenario, then its row has its figures, marked where they spread, and the others are to be measured', () => {
    const text = section([{ machine, rounds: 5, figures: { recovery } }]);
    expect(lineOf(text, 'recovery')).toContain('process 1.50 (1.50–1.50) s; with PostgreSQL 3.00 (3.00–3.00) s †');
    expect(lineOf(text, 'append')).toContain('to be measured');
    expect(text).not.toContain('trial');
  });

  it('given a refused scenario or too few rounds, then the page says so', () => {
    const text = section([{ machine, rounds: 2, figures: { kafka: { refused: 'there is no java on PATH' } } }]);
    expect(lineOf(text, 'kafka')).toContain('there is no java on PATH');
    expect(text).toContain('a trial');
  });

  it('given a page without its markers, then nothing is written over it', () => {
    expect(() => placed('# A page', 'figures')).toThrow('markers');
  });
});
