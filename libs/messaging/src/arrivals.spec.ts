import { describe, expect, it } from '@jest/globals';
import { fixedClock } from '@trebol/testing';
import { Arrivals, ARRIVALS_WAITING_MAX, ARRIVAL_WAIT_MS } from './arrivals.ts';

/** Looks that find nothing until `found` is set; `looks` counts them. */
function shelf() {
  const state = { found: undefined as string | undefined, looks: 0 };
  return { state, look: () => { state.looks += 1; return Promise.resolve(state.found); } };
}
const named = (name: string) => ({ tenant: 'main', name });
const turns = async (): Promise<void> => { for (let turn = 0; turn < 20; turn += 1) await Promise.resolve(); };

describe('waiting for what is on its way', () => {
  it('given what is there already, then nobody waits', async () => {
    const { state, look } = shelf();
    state.found = 'a';
    expect(await new Arrivals(fixedClock(0)).lookAgain(named('a'), look)).toBe('a');
    expect(state.looks).toBe(1);
  });

  it('given what arrives, then everybody who waits for it looks again at once, others do not', async () => {
    const arrivals = new Arrivals(fixedClock(0));
    const [mine, other] = [shelf(), shelf()];
    const both = [arrivals.lookAgain(named('a'), mine.look), arrivals.lookAgain(named('a'), mine.look)];
    void arrivals.lookAgain(named('b'), other.look);
    await turns();
    mine.state.found = 'a';
    arrivals.arrived('other', ['a']);
    await turns();
    expect(mine.state.looks).toBe(2);
    arrivals.arrived('main', ['x', 'a']);
    expect(await Promise.all(both)).toEqual(['a', 'a']);
    expect(other.state.looks).toBe(1);
  });

  it('given what arrives while the first look is under way, then it is not missed', async () => {
    const arrivals = new Arrivals(fixedClock(0));
    let looks = 0;
    const found = arrivals.lookAgain(named('a'), () => {
      if (looks === 0) arrivals.arrived('main', ['a']);
      looks += 1;
      return Promise.resolve(looks === 1 ? undefined : 'a');
    });
    expect(await found).toBe('a');
  });

  it('given what does not arrive, then the wait ends with its last millisecond, not before', async () => {
    const clock = fixedClock(0);
    const { state, look } = shelf();
    const waiting = new Arrivals(clock).lookAgain(named('a'), look);
    await turns();
    clock.advance(ARRIVAL_WAIT_MS - 1);
    await turns();
    expect(state.looks).toBe(1);
    clock.advance(1);
    expect(await waiting).toBeUndefined();
    expect(state.looks).toBe(2);
  });

  it('given as many waits as there may be, then one more does not wait; when they are over, it may again', async () => {
    const clock = fixedClock(0);
    const arrivals = new Arrivals(clock);
    const { look } = shelf();
    const waiting = Array.from({ length: ARRIVALS_WAITING_MAX }, (_, n) => arrivals.lookAgain(named(String(n)), look));
    expect(await arrivals.lookAgain(named('one more'), look)).toBeUndefined();
    await turns();
    clock.advance(ARRIVAL_WAIT_MS);
    await Promise.all(waiting);
    const again = shelf();
    void arrivals.lookAgain(named('a'), again.look);
    await turns();
    arrivals.arrived('main', ['a']);
    await turns();
    expect(again.state.looks).toBe(2);
  });
});
