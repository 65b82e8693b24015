import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decodeEvent, encodeEvent, WALLET_EVENT_TYPES } from '../codec/event-codec.ts';
import { decodeWallet, encodeWallet, WALLET_SNAPSHOT_VERSION } from '../codec/wallet-codec.ts';
import { checkOf } from '../content.ts';
import { violationsOf } from '../invariants.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { goldenStreams, type GoldenStream } from './histories.ts';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json')).toSorted((a, b) => versionOf(a) - versionOf(b));
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenStream[];
const all = files.flatMap((file) => read(file).map((stream) => ({ ...stream, named: `${file}: ${stream.name}` })));

describe('golden streams', () => {
  it.each(all)('$named folds to what it folded to when it was recorded', ({ events, expected }) => {
    let wallet = emptyWallet();
    for (const event of events) {
      wallet = evolve(wallet, decodeEvent(event));
      expect(violationsOf(wallet)).toEqual([]);
    }
    expect(decodeWallet(encodeWallet(wallet))).toEqual(wallet);
    expect({ ...wallet, ...sinceThen(expected) }).toEqual(today(expected));
  });

  it('hold every event type and version there is; a new one needs a new golden file', () => {
    const known = new Set(all.flatMap(({ events }) => events.map((event) => `${event.type} ${event.schemaVersion}`)));
    const needed = WALLET_EVENT_TYPES.flatMap((type) => Array.from({ length: versionWritten(type) }, (_, n) => `${type} ${n + 1}`));
    expect(known).toEqual(new Set(needed));
  });

  it('of the newest version are what this version writes: stored formats do not change by accident', () => {
    expect(goldenStreams().map(({ name, events }) => ({ name, events })))
      .toEqual(read(files.at(-1) ?? '').map(({ name, events }) => ({ name, events })));
  });
});

describe('golden snapshots', () => {
  const recordedSnapshots = [1, 2, 3, 4].flatMap((version) =>
    (JSON.parse(readFileSync(new URL(`snapshots/v${version}.json`, folder), 'utf8')) as { name: string; snapshot: string }[])
      .map(({ name, snapshot }) => ({ version, name, bytes: Buffer.from(snapshot, 'hex') })));

  it.each(recordedSnapshots)('of version $version: $name is read as the wallet it was made from', ({ version, name, bytes }) => {
    const expected = today(read(`v${version}.json`).find((stream) => stream.name === name)?.expected ?? emptyWallet());
    const wallet = decodeWallet({ schemaVersion: version, bytes });
    expect(wallet).toEqual(isPassedOver(version, expected) ? undefined : expected);
    if (wallet !== undefined) expect(encodeWallet(wallet)).toEqual(encodeWallet(expected));
    for (const wrong of [bytes.subarray(1), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])]) {
      expect(() => decodeWallet({ schemaVersion: version, bytes: wrong })).toThrow();
    }
  });

  it('of the newest version are what this version writes', () => {
    const newest = recordedSnapshots.filter(({ version }) => version === WALLET_SNAPSHOT_VERSION);
    expect(newest).toEqual(goldenStreams().map(({ name, expected }) => {
      const { schemaVersion, bytes } = encodeWallet(expected);
      return { version: schemaVersion, name, bytes: Buffer.from(bytes) };
    }));
  });
});

/** A wallet recorded by an older version knew less (what it had no word for it had none of), and of contents it remembered more. */
function today(expected: Wallet): Wallet {
  const nothing = emptyWallet();
  const seen = expected.seen.map((effect) => ({ ...effect, content: checkOf(effect.content) }));
  return { ...nothing, ...expected, seen, totals: { ...nothing.totals, ...expected.totals } };
}

/** What today's fold knows of an older stream beyond what was recorded then; `upcasters.spec.ts` says what it is. */
const sinceThen = (expected: Wallet): Partial<Wallet> => ('brought' in expected ? {} : { brought: [] });

/** Snapshots that cannot say what a merge brought: the stream is folded once more. */
const isPassedOver = (version: number, { totals, lots, seen }: Wallet): boolean => version > 1 && version < 4
  && (totals.received > 0 || lots.some((lot) => !seen.some((effect) => effect.fingerprint === lot.source)));

function versionWritten(type: string): number {
  const sample = all.flatMap(({ events }) => events).findLast((event) => event.type === type);
  return sample === undefined ? 1 : encodeEvent(decodeEvent(sample)).schemaVersion;
}

function versionOf(file: string): number {
  return Number(/^v(\d+)\.json$/.exec(file)?.[1]);
}
