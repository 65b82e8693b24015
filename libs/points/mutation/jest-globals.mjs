// The part of @jest/globals that the specs of libs/points use, in this process: tests are collected here and run one by one.
import { expect } from 'expect';

export { expect };

/** @type {{ name: string, run: () => unknown, before: (() => unknown)[] }[]} */
export const collected = [];
let names = [];
let before = [];

export function describe(name, body) {
  const [outerNames, outerBefore] = [names, before];
  names = [...names, name];
  before = [...before];
  body();
  [names, before] = [outerNames, outerBefore];
}
describe.each = (table) => (name, body) => { for (const row of table) describe(name, () => body(...[row].flat())); };

export function it(name, run) {
  collected.push({ name: [...names, name].join(' › '), run, before });
}
it.each = (table) => (name, run) => {
  for (const row of table) it(`${name} ${JSON.stringify(row)?.slice(0, 60)}`, () => run(...(Array.isArray(row) ? row : [row])));
};

export function beforeEach(run) {
  before.push(run);
}
