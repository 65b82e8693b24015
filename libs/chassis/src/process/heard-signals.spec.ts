import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { HeardSignals } from './heard-signals.ts';

const heard = () => {
  const source = new EventEmitter();
  const exits: number[] = [];
  return { source, exits, signals: new HeardSignals(source, (code) => { exits.push(code); }) };
};

describe('signals heard from the beginning', () => {
  it('given a signal before anybody waits, then the first who waits for it gets it, once', () => {
    const { source, signals } = heard();
    source.emit('SIGTERM');
    expect(signals.pending).toBe(true);
    const log: string[] = [];
    signals.once('SIGINT', () => log.push('SIGINT'));
    signals.once('SIGTERM', () => log.push('first'));
    signals.once('SIGTERM', () => log.push('second'));
    expect(log).toEqual(['first']);
    expect(signals.pending).toBe(false);
    source.emit('SIGTERM');
    expect(log).toEqual(['first', 'second']);
  });

  it('given nobody hears, when two waiters are there, then each signal goes to one of them in turn', () => {
    const { source, signals } = heard();
    const log: string[] = [];
    signals.once('SIGTERM', () => log.push('a'));
    signals.once('SIGTERM', () => log.push('b'));
    source.emit('SIGTERM');
    expect(log).toEqual(['a']);
  });

  it('given an end, then it goes to the process', () => {
    const { signals, exits } = heard();
    signals.exit(3);
    expect(exits).toEqual([3]);
  });
});
