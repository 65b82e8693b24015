import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, identity } from '../identity.ts';
import { t, ticket } from '../testing/commands.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';

/** A merge as version 1 stored it: two lots of one earning and one of another, and a hold; nothing is owed. */
const OLD = {
  in: '[1768212000000,"m","ana","9d1f5d8d7c2a1b30",0,0,0,0,[["0a0a0a0a0a0a0a0a","1111222233334444",30,10,90,80,5,2,1767225600000,null,null],'
    + '["0b0b0b0b0b0b0b0b","1111222233334444",0,0,9,9,0,0,1767225600000,null,null],'
    + '["0c0c0c0c0c0c0c0c","5555666677778888",0,0,9,9,0,0,1767225600000,null,null]],[["web",1768903200000,["0a0a0a0a0a0a0a0a",10]]]]',
  out: '[1768212000000,"m","bea",0,0,0,[["0a0a0a0a0a0a0a0a","1111222233334444",30,0,90,80,5,2,1767225600000,null,null]]]',
  empty: '[1768212000000,"m","bea",0,0,0]',
};
const RECORDED_AT = t('2026-01-12T10:00:00Z');
const stored = (type: string, data: string) => ({ type, data, schemaVersion: 1, recordedAt: RECORDED_AT });
const WEB = fingerprintOf(identity.spending('web'));

describe('a merge stored by version 1, which did not say what had happened in the other wallet', () => {
  it('is read as today\'s event: the earnings of its lots and its holds are what happened there', () => {
    const event = decodeEvent(stored('LotsMovedIn', OLD.in));
    expect(event).toMatchObject({
      type: 'LotsMovedIn', mergeId: 'm', from: 'ana', holds: [{ holdId: 'web' }], debtRepaid: [], feeRecovered: [],
      effects: `11112222333344445555666677778888${WEB}`,
    });
    expect(decodeEvent(stored('LotsMovedOut', OLD.out))).toMatchObject({ contents: { effects: '1111222233334444', holds: [] } });
    expect(decodeEvent(stored('LotsMovedOut', OLD.empty))).toMatchObject({ contents: { effects: '', lots: [], holds: [] } });
  });

  it('is written as version 2, old beside new: the same fields, and what happened behind them', () => {
    const { schemaVersion, data } = encodeEvent(decodeEvent(stored('LotsMovedIn', OLD.in)));
    expect(schemaVersion).toBe(2);
    expect(data).toBe(`${OLD.in.slice(0, -1)},[],[],"11112222333344445555666677778888${WEB}"]`);
    expect(encodeEvent(decodeEvent({ ...stored('LotsMovedIn', data), schemaVersion: 2 })).data).toBe(data);
  });

  it('of version 2 is taken as it is, and one of a version this build does not know throws', () => {
    const today = encodeEvent(decodeEvent(stored('LotsMovedOut', OLD.out)));
    const other = today.data.replace(/"1111222233334444"\]$/, `"${fingerprintOf(identity.earning(ticket('other')))}"]`);
    expect(decodeEvent({ ...today, data: other })).toMatchObject({ contents: { effects: fingerprintOf(identity.earning(ticket('other'))) } });
    expect(() => decodeEvent({ ...stored('LotsMovedOut', OLD.out), schemaVersion: 3 })).toThrow('up to version 2, not 3');
  });
});
