import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ARRIVAL_WAIT_MS } from '@trebol/messaging';
import { eventually } from '@trebol/testing';
import { correctionOf, keyOf, line, memberId, memberMessage, openRig, type Rig, sale, take, TENANT, tokenOf } from '../../test/rig.ts';

let rig: Rig;
const ANA = memberId(1);
const BEA = memberId(2);
const DAY = 86_400_000;

beforeEach(async () => { rig = await openRig(); });
afterEach(() => rig.close());

const available = async (member: string): Promise<number> => (await rig.wallet(member)).balance.available;
const status = async (sequence: string) => (await rig.earning.tickets.show(TENANT, keyOf(sequence), 'en')).status;

describe('knowing members', () => {
  it('given tickets of a card that is not registered yet, when it is, told twice, then they are rated by themselves, once, returns too', async () => {
    expect(await take(rig.earning, [
      sale('1', [line(1, 1_000, 2)]), sale('2', [line(1, 500)]), correctionOf('return', '3', '1', [{ line: 1, quantity: 1 }]),
    ])).toEqual(['noMember', 'noMember', 'noMember']);
    for (let delivery = 0; delivery < 2; delivery += 1) await rig.enrol(ANA, 'C1');
    expect(await available(ANA)).toBe(10);
    expect(await Promise.all(['1', '2', '3'].map(status))).toEqual(['posted', 'posted', 'posted']);
  });

  it('given a card that is handed over and used at once, then the till waits a moment and is told the points', async () => {
    const earning = rig.restarted(undefined, ARRIVAL_WAIT_MS);
    const taking = earning.tickets.take(TENANT, sale('1', [line(1, 1_000)]), 'en');
    await eventually(async () => await status('1') === 'noMember');
    await earning.members.apply({ topic: 't', partition: 0, messages: [memberMessage(ANA, 'C1')] });
    expect(await taking).toMatchObject({ replayed: false, answer: { status: 'posted', memberId: ANA, points: { earned: 10 }, balance: { available: 10 } } });
  });

  it('given a card that nobody registers, then the till is answered after the wait: the ticket is kept, and why is said of now', async () => {
    const earning = rig.restarted(undefined, ARRIVAL_WAIT_MS);
    let answered = false;
    const taking = earning.tickets.take(TENANT, sale('1', [line(1, 1_000)]), 'es').finally(() => { answered = true; });
    await eventually(async () => await status('1') === 'noMember');
    expect(answered).toBe(false);
    await eventually(() => {
      rig.clock.advance(ARRIVAL_WAIT_MS);
      return answered;
    });
    const { answer } = await taking;
    expect(answer).toMatchObject({ status: 'noMember', balance: null, explanation: [{ reason: 'unknownIdentifier', text: expect.stringMatching(/todavía.*se guarda/) }] });
  });

  it('given a batch with an unknown card, then nobody waits', async () => {
    const earning = rig.restarted(undefined, ARRIVAL_WAIT_MS);
    expect(await earning.tickets.takeMany(TENANT, [sale('1', [line(1, 1_000)])], 'en')).toMatchObject([{ answer: { status: 'noMember' } }]);
    expect(await take(earning, [sale('2', [line(1, 1_000)])])).toEqual(['noMember']);
  });

  it('given more kept tickets than fit one batch, then all are rated', async () => {
    await take(rig.earning, Array.from({ length: 1_203 }, (_, n) => sale(String(n + 1), [line(1, 100)])));
    await rig.enrol(ANA, 'C1');
    expect(await available(ANA)).toBe(1_203);
  });

  it('given a ticket kept for more than 90 days, then it is not rated by itself any more', async () => {
    await take(rig.earning, [sale('1', [line(1, 1_000)])]);
    rig.clock.advance(90 * DAY + 1);
    await rig.enrol(ANA, 'C1');
    expect(await status('1')).toBe('noMember');
  });

  it('given a card that is registered while its ticket is being taken, then the ticket is rated all the same', async () => {
    const taking = rig.earning.lines.open(TENANT);
    await taking.offer([sale('1', [line(1, 1_000)])], {
      history: false, within: () => rig.enrol(ANA, 'C1'), // the ticket is not visible to the feed yet, nor the card to the ticket
    });
    await taking.settled();
    expect(await status('1')).toBe('posted');
    expect(await available(ANA)).toBe(10);
  });

  it('given an older version of a member after a newer one, then it changes nothing', async () => {
    await rig.enrol(ANA, 'C1', { version: 2, identifiers: [] });
    await rig.enrol(ANA, 'C1', { version: 1 });
    expect(await take(rig.earning, [sale('1', [line(1, 1_000)])])).toEqual(['noMember']);
  });

  it('given a blocked card or a blocked member, then it earns nothing until it is active again', async () => {
    await rig.enrol(ANA, 'C1', { identifiers: [{ kind: 'card', token: tokenOf('C1'), status: 'blocked' }] });
    expect(await take(rig.earning, [sale('1', [line(1, 1_000)])])).toEqual(['noMember']);
    await rig.enrol(ANA, 'C1', { version: 2, status: 'blocked', change: 'blocked' });
    expect(await take(rig.earning, [sale('2', [line(1, 1_000)])])).toEqual(['noMember']);
    await rig.enrol(ANA, 'C1', { version: 3 });
    expect(await available(ANA)).toBe(20);
  });

  it('given a member merged into another, then the old card earns for the other, whichever message came first', async () => {
    const merged = { version: 2, status: 'merged', change: 'merged', mergedInto: BEA } as const;
    await rig.enrol(ANA, 'C1', merged);
    expect(await take(rig.earning, [sale('1', [line(1, 1_000)])])).toEqual(['noMember']);
    await rig.enrol(BEA, 'C2');
    await rig.enrol(ANA, 'C1', { ...merged, version: 3 });
    expect(await take(rig.earning, [sale('2', [line(1, 500)], { identification: { kind: 'member', value: ANA } })])).toEqual(['rated']);
    expect([await available(ANA), await available(BEA)]).toEqual([0, 15]);
  });

  it('given our own member id on the ticket, then it earns for the member once the member is known', async () => {
    const ticket = sale('1', [line(1, 1_000)], { identification: { kind: 'member', value: ANA } });
    expect(await take(rig.earning, [ticket])).toEqual(['noMember']);
    await rig.enrol(ANA, 'C1');
    expect(await available(ANA)).toBe(10);
  });

  it('given messages that cannot be read among good ones, then they are told and the others are applied', async () => {
    const good = memberMessage(ANA, 'C1');
    const messages = [{ ...good, value: 'no json' }, good, { ...good, value: '{"memberId":"x"}' }];
    const failures = await rig.earning.members.apply({ topic: 't', partition: 0, messages });
    expect(failures.map(({ message, code }) => [messages.indexOf(message as never), code])).toEqual([[0, 'unreadable'], [2, 'unreadable']]);
    expect(await take(rig.earning, [sale('1', [line(1, 100)])])).toEqual(['rated']);
  });

  it('given tickets of another tenant with the same card, then they stay theirs', async () => {
    await rig.earning.stores.put('other', { storeId: 's1', name: 'S', zone: 'Europe/Madrid', currency: 'EUR', country: 'Spain' });
    await rig.enrol(ANA, 'C1');
    const open = rig.earning.lines.open('other');
    expect(await open.offer([sale('1', [line(1, 1_000)])], { history: false })).toEqual([{ key: keyOf('1'), status: 'noMember' }]);
    await open.settled();
    await expect(rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).rejects.toMatchObject({ code: 'ticketNotFound' });
  });
});
