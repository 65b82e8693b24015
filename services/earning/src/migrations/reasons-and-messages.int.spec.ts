import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';
import { ReasonsAndMessages1764000000001 } from './reasons-and-messages.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(memberId(1), 'C1');
});
afterEach(() => rig.close());

it('given a rejected return of before, when the tables are brought up to date, then its reason and its field are apart', async () => {
  await take(rig.earning, [sale('1', [line(1, 1_000)]), correctionOf('return', '2', '1', [{ line: 1, quantity: 9 }])]);
  const migration = new ReasonsAndMessages1764000000001();
  const runner = rig.dataSource.createQueryRunner();
  await migration.down(runner);
  expect(await rig.dataSource.query(`SELECT reason FROM earning.ticket WHERE decision = 'rejected'`))
    .toEqual([{ reason: 'returnedMoreThanBought /lines/0/quantity' }]);
  await migration.up(runner);
  await runner.release();
  expect(await rig.earning.tickets.show(TENANT, keyOf('2'), 'es')).toMatchObject({
    status: 'rejected', reason: 'returnedMoreThanBought', reasonPointer: '/lines/0/quantity',
    reasonText: 'Se devuelve más de lo que queda de la compra.',
  });
});
