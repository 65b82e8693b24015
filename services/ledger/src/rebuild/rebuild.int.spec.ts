import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { allRows, earn, member, openRig, redeem, type Rig, someHistory } from '../../test/rig.ts';
import type { RebuildProgress } from './rebuild.ts';

let rig: Rig;
beforeEach(async () => { rig = await openRig(); });
afterEach(async () => { await rig.close(); });

describe('rebuilding the read models', () => {
  it('given live rows, when rebuilt, then the rebuilt rows equal them one by one, and nothing of the shadow is left', async () => {
    await someHistory(rig, 30);
    await rig.services.projector.catchUp();
    const live = await allRows(rig.dataSource);
    const said: RebuildProgress[] = [];
    const done = await rig.services.rebuild.run({ onProgress: (progress) => said.push(progress) });
    expect(await allRows(rig.dataSource)).toEqual(live);
    expect(done).toMatchObject({ phase: 'done', events: done.eventsTotal });
    expect(said.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['reading', 'indexing', 'swapping', 'done']));
    const names = await rig.dataSource.query<{ name: string }[]>(`SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = 'ledger' AND relname ~ '^(balance|entry)' ORDER BY 1`);
    expect(names.map(({ name }) => name)).toEqual(['balance', 'balance_due', 'balance_pk', 'entry', 'entry_pk']);
    expect(await rig.dataSource.query('SELECT name FROM ledger.checkpoint')).toEqual([{ name: 'read-models' }]);
  });

  it('given damaged rows and a live projector under load, when rebuilt twice, then rows are right, readers are served throughout and nothing is missed', async () => {
    await someHistory(rig, 10);
    rig.services.projector.start();
    await rig.services.projector.catchUp();
    await rig.dataSource.query('UPDATE ledger.balance SET available = available + 1');
    await rig.dataSource.query('DELETE FROM ledger.entry WHERE revision = 2');
    const going = new AbortController();
    const load = (async () => {
      for (let n = 0; !going.signal.aborted; n += 1) {
        await rig.ledger.handleMany([earn(member(n % 10), `load-${n}`, 3)]);
        await rig.ledger.handle(member(n % 10), redeem(member(n % 10), `spend-${n}`, 1).command);
        await rig.services.showEntries.list(member(n % 10), { limit: 5 }, 'en');
      }
    })();
    const time = (async () => {
      while (!going.signal.aborted) {
        rig.clock.advance(10); // what pauses, pauses by this clock
        await new Promise((turn) => { setImmediate(turn); });
      }
    })();
    await rig.services.rebuild.run();
    await rig.services.rebuild.run();
    await rig.services.projector.catchUp();
    going.abort();
    await Promise.all([load, time]);
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given a rebuild that was broken off, when it is called again, then it goes on and ends right, and afresh begins at zero', async () => {
    await someHistory(rig, 10);
    await rig.services.projector.catchUp();
    const live = await allRows(rig.dataSource);
    await expect(rig.services.rebuild.run({
      onProgress: ({ phase }) => { if (phase === 'indexing') throw new Error('killed'); },
    })).rejects.toThrow('killed');
    expect(await rig.dataSource.query(`SELECT name FROM ledger.checkpoint ORDER BY 1`)).toEqual([{ name: 'read-models' }, { name: 'read-models-rebuild' }]);
    const resumed = await rig.restarted().rebuild.run();
    expect(resumed.events).toBe(0);
    expect(await allRows(rig.dataSource)).toEqual(live);
    const afresh = await rig.services.rebuild.run({ afresh: true });
    expect(afresh.events).toBeGreaterThan(0);
    expect(await allRows(rig.dataSource)).toEqual(live);
  });
});
