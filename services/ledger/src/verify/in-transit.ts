import type { RecordedEvent } from '@trebol/event-store';
import type { PublicMovement, Wallet, WalletId } from '@trebol/points';
import { DifferenceFound, type InTransit, walletText } from './report.ts';

/**
 * Between two halves of a move, in milliseconds: a process that died is followed by another within a minute, and the last batch of the log may end
 * between them. What is younger is not judged.
 */
const HALVES_MS_MAX = 10 * 60_000;
/** Days that points may be in transit where nobody can say what is under way: a transfer waits for two weeks, its return may be late by another. */
export const IN_TRANSIT_DAYS_MAX = 21;
const DAY_MS = 86_400_000;

/** A transfer or a merge that somebody takes to its end. */
export interface UnderWay {
  readonly kind: 'transfer' | 'merge';
  readonly tenant: string;
  /** As the events name it: `transferId`, or `mergeId` of the running round. */
  readonly id: string;
  /** True when the points have left their wallet for certain, and have not been seen to arrive. */
  readonly left: boolean;
}

/** What is known of one move that is not complete. */
interface Move {
  readonly wallet: WalletId;
  readonly revision: number;
  /** Of the first event read of it. */
  readonly recordedAt: number;
  outs: number;
  ins: number;
  /** Points out less points in. */
  points: number;
  /** The same for what is owned: debt and fees go along in a merge. */
  owned: number;
}

type Way = 'out' | 'in';
const WAYS: Partial<Record<PublicMovement['kind'], Way>> = {
  sent: 'out', movedOut: 'out', received: 'in', takenBack: 'in', movedIn: 'in',
};

/**
 * Points that left one wallet and are not in another (G1, programme-wide): each `PointsSent` has exactly one `PointsReceived` or
 * `PointsTakenBack` of its id and as many points, each `LotsMovedOut` one `LotsMovedIn`. Keeps what is not paired only, some 200 bytes each.
 */
export class Transit {
  private readonly open = new Map<string, Move>();
  private readonly missing: Map<string, UnderWay>;
  private readonly known: ReadonlySet<string> | undefined;
  /** By programme, as the wallets' own totals say. */
  private readonly totals = new Map<string, number>();

  /** `underWay`: all that was under way before the log was read; undefined where nobody can say. `now` in milliseconds, of that moment. */
  constructor(private readonly now: number, underWay: readonly UnderWay[] | undefined) {
    this.known = underWay && new Set(underWay.map(nameOf));
    this.missing = new Map((underWay ?? []).filter(({ left }) => left).map((one) => [nameOf(one), one]));
  }

  /** One event of the log, in any order. */
  note(event: RecordedEvent, wallet: WalletId, { revision, said }: { readonly revision: number; readonly said: PublicMovement }): void {
    const way = WAYS[said.kind];
    if (way === undefined || said.source === undefined) return;
    const name = keyOf(wallet, said.source.kind, said.source.key);
    const move = this.open.get(name) ?? { wallet, revision, recordedAt: event.recordedAt, outs: 0, ins: 0, points: 0, owned: 0 };
    if (way === 'out') move.outs += 1;
    else move.ins += 1;
    move.points += pointsOf(said);
    move.owned -= said.points;
    if (way === 'out') this.missing.delete(nameOf({ kind: kindOf(said), tenant: wallet.tenant, id: said.source.key }));
    if (move.outs === 1 && move.ins === 1 && move.points === 0 && move.owned === 0) this.open.delete(name);
    else this.open.set(name, move);
  }

  /** A wallet at the end of the log. */
  add(wallet: WalletId, { totals }: Wallet): void {
    const points = totals.sent - totals.received - totals.takenBack;
    if (points !== 0) this.totals.set(programmeOf(wallet), (this.totals.get(programmeOf(wallet)) ?? 0) + points);
  }

  /** Throws `DifferenceFound` for a move that is doubled, uneven or not complete although it should be, and for sums that do not agree. */
  check(): void {
    for (const [name, move] of this.open) {
      const wrong = this.wrongWith(name, move);
      if (wrong === undefined) continue;
      throw new DifferenceFound({
        check: 'transit', wallet: move.wallet, revision: move.revision, points: -move.points,
        message: `${walletText(move.wallet)} revision ${move.revision}: ${titleOf(name)} ${wrong}`,
      });
    }
    for (const { kind, tenant, id } of this.missing.values()) {
      throw new DifferenceFound({ check: 'transit', message: `${tenant}: ${kind} ${id} is under way, and no wallet's points left for it` });
    }
    const sums = this.sums();
    for (const programme of new Set([...this.totals.keys(), ...sums.keys()])) {
      const [wallets, moves] = [this.totals.get(programme) ?? 0, sums.get(programme)?.points ?? 0];
      if (wallets === moves) continue;
      throw new DifferenceFound({
        check: 'transit', points: moves - wallets, expected: String(moves), found: String(wallets),
        message: `${programme.replaceAll('\t', '/')}: moves say ${moves} points in transit, the wallets' totals ${wallets}`,
      });
    }
  }

  /** What is in transit, by programme and point type; those without anything are left out. */
  report(): InTransit[] {
    return [...this.sums()].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, sum]) => sum);
  }

  private wrongWith(name: string, { outs, ins, points, owned, recordedAt }: Move): string | undefined {
    if (outs > 1 || ins > 1) return `left ${outs} and arrived ${ins} times`;
    if (outs + ins === 2) return points === 0 ? `brought ${-owned} more than left` : `left with ${points} points more than arrived`;
    const age = this.now - recordedAt;
    if (age <= HALVES_MS_MAX) return undefined;
    if (ins === 1) return `arrived with ${-points} points that never left`;
    const still = `has ${points} points in transit since ${new Date(recordedAt).toISOString()}`;
    if (this.known !== undefined) return this.known.has(sagaOf(name)) ? undefined : `${still} and is not under way`;
    return age > IN_TRANSIT_DAYS_MAX * DAY_MS ? still : undefined;
  }

  private sums(): Map<string, InTransit> {
    const sums = new Map<string, InTransit>();
    for (const [name, { wallet, points }] of this.open) {
      const { tenant, programme, pointType } = wallet;
      const sum = sums.get(programmeOf(wallet)) ?? { tenant, programme, pointType, points: 0, transfers: 0, merges: 0 };
      const count = name.startsWith('merge\t') ? { merges: sum.merges + 1 } : { transfers: sum.transfers + 1 };
      sums.set(programmeOf(wallet), { ...sum, points: sum.points + points, ...count });
    }
    return sums;
  }
}

/** Points out, above 0, or in, below 0: all in lots, held ones too. */
const pointsOf = ({ kind, points, effect }: PublicMovement): number =>
  (kind === 'takenBack' ? -points : (effect.sent ?? 0) - (effect.received ?? 0));

const kindOf = ({ source }: PublicMovement): UnderWay['kind'] => (source?.kind === 'merge' ? 'merge' : 'transfer');
const keyOf = ({ tenant, programme, pointType }: WalletId, kind: string, id: string): string =>
  [kind, tenant, id, programme, pointType].join('\t');
const nameOf = ({ kind, tenant, id }: Omit<UnderWay, 'left'>): string => [kind, tenant, id].join('\t');
const sagaOf = (key: string): string => key.split('\t', 3).join('\t');
const titleOf = (key: string): string => key.split('\t', 3).filter((_, place) => place !== 1).join(' ');
const programmeOf = ({ tenant, programme, pointType }: WalletId): string => [tenant, programme, pointType].join('\t');
