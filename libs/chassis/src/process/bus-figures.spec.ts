import { describe, expect, it } from '@jest/globals';
import { fixedClock } from '@trebol/testing';
import { PlatformMetrics } from '../metrics/platform-metrics.ts';
import { observedBus } from './observed-ports.ts';

describe('figures of a bus', () => {
  it('given consumers, then lag is summed by group until they stop, and dead letters are counted by topic, 0 too', async () => {
    const clock = fixedClock(0);
    const metrics = new PlatformMetrics(clock);
    const stopped: string[] = [];
    const consume = ({ group }: { group: string; topics: readonly string[] }) =>
      Promise.resolve({ lag: () => Promise.resolve(group === 'a.x.v1' ? 7 : 40), stop: () => { stopped.push(group); return Promise.resolve(); } });
    const bus = observedBus({
      publish: () => Promise.resolve(), consume: consume as never,
      troubles: () => [{ group: 'b.y.v1' }, { group: 'b.y.v1' }],
      deadLetters: { list: (group: string) => Promise.resolve(group === 'a.x.v1' ? [{ message: { topic: 'one' } }, { message: { topic: 'one' } }] : []) },
    }, metrics) as unknown as { consume(of: object): Promise<{ lag(): Promise<number>; stop(): Promise<void> }> };
    const one = await bus.consume({ group: 'a.x.v1', topics: ['one', 'two'] });
    await bus.consume({ group: 'a.x.v1', topics: ['one'] });
    await bus.consume({ group: 'b.y.v1', topics: ['one'] });
    expect(await one.lag()).toBe(7);
    const figures = async (): Promise<readonly string[]> =>
      (await metrics.page()).split('\n').filter((line) => /^trebol_bus_(lag|dead|stalled)/.test(line)).toSorted();
    expect(await figures()).toEqual([
      'trebol_bus_dead_letters{topic="one",group="a.x.v1"} 2', 'trebol_bus_dead_letters{topic="one",group="b.y.v1"} 0',
      'trebol_bus_dead_letters{topic="two",group="a.x.v1"} 0',
      'trebol_bus_lag_messages{group="a.x.v1"} 14', 'trebol_bus_lag_messages{group="b.y.v1"} 40', 'trebol_bus_stalled_partitions{group="b.y.v1"} 2',
    ]);
    await one.stop();
    expect(stopped).toEqual(['a.x.v1']);
    clock.advance(5_000);
    expect(await figures()).toContain('trebol_bus_lag_messages{group="a.x.v1"} 7');
  });
});
