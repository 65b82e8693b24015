import { describe, expect, it } from '@jest/globals';
import type { SegmentMap } from '../run-record.ts';
import { rf25 } from './rf25.ts';
import { rfm125 } from './rfm125.ts';
import { rfm25 } from './rfm25.ts';
import { cellsOf, checkedMap, SegmentMapRefused } from './segment-map.ts';

const changed = (change: (map: { -readonly [Key in keyof SegmentMap]: SegmentMap[Key] }) => void): (() => SegmentMap) => () => {
  const map = structuredClone(rf25);
  change(map);
  return checkedMap(map);
};
const withoutGroup = (group: string) => rf25.rules.filter((rule) => rule.group !== group);

describe('segment maps', () => {
  it('given the shipped map, when its cells are listed, then each of the 25 has one group', () => {
    const cells = cellsOf(rf25);
    expect(cells.size).toBe(25);
    expect(['55', '54', '43', '51', '41', '33', '31', '25', '13', '11', '35', '45'].map((cell) => cells.get(cell))).toEqual([
      'champions', 'champions', 'potentialLoyalist', 'new', 'promising', 'needAttention', 'aboutToSleep', 'cantLose', 'atRisk',
      'hibernating', 'loyal', 'loyal']);
  });

  it('given the shipped maps of three axes, when their cells are listed, then each of the 125 has one group', () => {
    const [whole, mean] = [cellsOf(rfm125), cellsOf(rfm25)];
    expect([whole.size, mean.size]).toEqual([125, 125]);
    expect(['555', '543', '553', '511', '525', '535', '331', '255', '155', '332', '111'].map((cell) => whole.get(cell))).toEqual([
      'champions', 'loyal', 'potentialLoyalist', 'new', 'promising', 'needAttention', 'aboutToSleep', 'atRisk', 'cannotLose', 'hibernating',
      'lost']);
    // FM of 1 and 4 is 2.5, rounded half up to 3; of 1 and 2 it is 2; of 5 and 4 it is 5.
    expect(['514', '512', '554', '511', '114', '111'].map((cell) => mean.get(cell)))
      .toEqual(['loyal', 'potentialLoyalist', 'champions', 'recent', 'atRisk', 'lost']);
  });

  it.each<[string, () => SegmentMap, RegExp]>([
    ['a cell without a group', changed((map) => { map.rules = map.rules.map((rule) => (rule.group === 'new' ? { ...rule,
      cells: ['41'] } : rule)); }), /cell 51 belongs to no group/],
    ['a cell of two groups', changed((map) => { map.rules = [...map.rules, { group: 'new', cells: ['55'] }]; }),
      /cell 55 is claimed by champions and new/],
    ['a rule nobody reaches', changed((map) => { map.rules = [...map.rules, { group: 'new', cells: ['5[4-5]'] }]; }),
      /rule 10 \(new\) is unreachable/],
    ['a rule without cells', changed((map) => { map.rules = [...map.rules, { group: 'new', cells: [] }]; }),
      /rule 10 \(new\) is unreachable/],
    ['a group without a rule', changed((map) => { map.groups = [...map.groups, { id: 'lost', name: { es: 'Perdidos',
      en: 'Lost' } }]; }), /group lost has no rule/],
    ['a rule of a group that is not there', changed((map) => { map.groups = map.groups.slice(1); }), /unknown group champions/],
    ['a pattern of another cube', changed((map) => { map.rules = [...withoutGroup('new'), { group: 'new', cells: ['511'] }]; }),
      /"511" is no cell of 2 axes/],
    ['a range that runs backwards', changed((map) => { map.rules = [...withoutGroup('new'), { group: 'new',
      cells: ['5[2-1]'] }]; }), /"5\[2-1\]" is no cell/],
    ['an axis named twice', changed((map) => { map.axes = ['r', 'r']; }), /axis r is named twice/],
    ['a group named twice', changed((map) => { map.groups = [...map.groups, ...map.groups.slice(0, 1)]; }),
      /group champions is named twice/],
  ])('given %s, when the map is saved, then it is refused and says so', (_, save, reason) => {
    expect(save).toThrow(SegmentMapRefused);
    expect(save).toThrow(reason);
  });

  it('given what is no map, when it is saved, then it is refused with a pointer', () => {
    expect(() => checkedMap({ ...rf25, colour: 'red' })).toThrow(SegmentMapRefused);
    expect(() => checkedMap({ ...rf25, version: 0 })).toThrow(/\/version/);
  });
});
