import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDataSource } from '@trebol/chassis';
import { freshDatabase } from '@trebol/testing';
import { type Rig, openRig } from '../test/rig.ts';
import { pointsUnderWay } from './points-under-way.ts';

let rig: Rig;
let keys = 0;
beforeAll(async () => { rig = await openRig(); });
afterAll(async () => rig?.close());

const post = async (url: string, body: object) => rig.call('POST', url, { body, key: `key-${++keys}` });

describe('points under way', () => {
  it('given transfers and a merge at every step, then those that are not at their end are told, and whether their points have left', async () => {
    const [ana, bea, cal] = [await rig.member(100), await rig.member(7), await rig.member()];
    const send = async () => (await post('/v1/transfers', { from: ana, to: cal, points: 10 })).body.transferId;
    const [sent, back, there] = [await send(), await send(), await send()];
    await post(`/v1/transfers/${back}/return`, {});
    await post(`/v1/transfers/${there}/accept`, {});
    expect(await pointsUnderWay(rig.dataSource)).toEqual([{ kind: 'transfer', tenant: 'main', id: sent, left: true }]);

    rig.crash({ at: 0, when: 'before' });
    await send();
    rig.crash(undefined);
    await post(`/v1/wallets/${cal}/freeze`, { mode: 'all', reason: 'fraud' });
    await rig.tell(bea, { status: 'merged', change: 'merged', version: 2, mergedInto: cal, identifiers: [] });
    const merge = { kind: 'merge', tenant: 'main', id: bea.replace('mbr_', 'mrg_') };
    const [asked] = await rig.dataSource.query('SELECT transfer_id FROM redemption.transfer WHERE state = \'asked\'');
    const transfers = [
      { kind: 'transfer', tenant: 'main', id: sent, left: true }, { kind: 'transfer', tenant: 'main', id: asked.transfer_id, left: false },
    ];
    const all = async () => (await pointsUnderWay(rig.dataSource))?.toSorted((one, other) => Number(other.left) - Number(one.left));
    expect(await all()).toEqual(expect.arrayContaining([...transfers, { ...merge, left: false }]));
    await rig.merges.runOnce();
    expect(await all()).toEqual(expect.arrayContaining([...transfers, { ...merge, left: true }]));
    await rig.dataSource.query('UPDATE redemption.merge SET round = 2');
    expect(await all()).toEqual(expect.arrayContaining([{ ...merge, id: `${merge.id}.2`, left: true }]));
    expect(await all()).toHaveLength(3);
  });

  it('given a database where redemption is not, then nothing can be said', async () => {
    const database = await freshDatabase();
    const dataSource = await openDataSource({ url: database.url, schema: 'other', entities: [], migrations: [], poolMax: 1, applicationName: 'test' });
    expect(await pointsUnderWay(dataSource)).toBeUndefined();
    await dataSource.destroy();
    await database.drop();
  });
});
