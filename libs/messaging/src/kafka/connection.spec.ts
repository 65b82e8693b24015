import { describe, expect, it } from '@jest/globals';
import { realClock } from '@trebol/testing';
import { openBus } from '../open-bus.ts';
import { parseKafkaUrl } from './connection.ts';

describe('connection string of Kafka', () => {
  it.each([
    ['kafka://localhost', { brokers: ['localhost:9092'], tls: false }],
    ['kafka://a:1,b.example:2,[::1]:3', { brokers: ['a:1', 'b.example:2', '[::1]:3'], tls: false }],
    ['kafka://a:1/?tls=true&replication=3', { brokers: ['a:1'], tls: true, replication: 3 }],
    ['kafka://me:p%40ss%3A@a:1?tls=true', { brokers: ['a:1'], tls: true, sasl: { mechanism: 'scram-sha-512', username: 'me', password: 'p@ss:' } }],
    ['kafka://a:1?tls=true&ca=%2Fetc%2Fca.pem&cert=a.pem&key=b.pem', { brokers: ['a:1'], tls: true, files: { ca: '/etc/ca.pem', cert: 'a.pem', key: 'b.pem' } }],
    ['kafka://me:pass@a:1?sasl=plain', { brokers: ['a:1'], tls: false, sasl: { mechanism: 'plain', username: 'me', password: 'pass' } }],
  ])('given %s, when it is read, then it says so', (url, wanted) => {
    expect(parseKafkaUrl(url)).toEqual({ sasl: undefined, replication: undefined, ...wanted });
  });

  it.each([
    'kafka://', 'http://a:1', 'kafka://a:b', 'kafka://a:1,', 'kafka://me@a:1', 'kafka://:secret@a:1', 'kafka://a:1?sasl=plain', 'kafka://me:secret@a:1?sasl=md5',
    'kafka://me:secret@a:1?ca=a.pem', 'kafka://me:secret@a:1?tls=true&ca=', 'kafka://me:secret@a:1?tls=true&cert=a.pem', 'kafka://me:secret@a:1?tls=true&key=a.pem',
    'kafka://me:secret@a:1?tls=yes', 'kafka://me:secret@a:1?replication=0', 'kafka://me:secret@a:1?acks=0',
  ])('given %s, when it is read, then it is refused without showing the password', (url) => {
    expect(() => parseKafkaUrl(url)).toThrow(RangeError);
    expect(() => parseKafkaUrl(url)).not.toThrow(/secret/);
  });

  it('given a scheme that is none of ours, when the bus is opened, then it is refused without showing the connection string', async () => {
    const opening = openBus({ url: 'amqp://me:secret@a:1', clock: realClock, topics: [], clientId: 'test' });
    await expect(opening).rejects.toThrow('postgres:// or kafka://');
    await expect(opening).rejects.not.toThrow(/secret/);
  });
});
