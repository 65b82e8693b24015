import type { CrashPlan, Programme } from '@trebol/chassis';
import type { ChainHead } from '@trebol/event-store';
import type { InTransit } from '@trebol/ledger';

/** How a platform in one process is opened. */
export interface PlatformOptions {
  readonly dataFolder: string;
  /** A PostgreSQL of the operator's; without it an embedded one is started in the data folder. */
  readonly databaseUrl: string | undefined;
  /** Another bus or event store than the ones in PostgreSQL. */
  readonly busUrl?: string | undefined;
  readonly eventStoreUrl?: string | undefined;
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  /** Takes a free port when `port` is in use. */
  readonly fallBackToFreePort?: boolean;
  /** Callers on this machine need no key. */
  readonly open: boolean;
  /** `GET /metrics` needs no key. */
  readonly metricsOpen?: boolean | undefined;
  readonly logLevel: string;
  /** Default: one spendable type, `points`. */
  readonly programme?: Programme | undefined;
  /** Without it the data folder's own key is used. */
  readonly identifierKey?: Buffer | undefined;
  /** Makes a platform where there is none; otherwise that is refused with `NoPlatformHere`. */
  readonly create: boolean;
  /**
   * Makes and shows an admin key when the tenant has none: `trebol start` does, commands that nobody watches
   * do not.
   */
  readonly firstKey?: boolean;
  /**
   * Samples the memory of this process and its PostgreSQL every second, for `peakMemoryBytes`; costs a little
   * of a core.
   */
  readonly watchMemory?: boolean;
  /** Crash tests: where this process kills itself. */
  readonly crashAt?: CrashPlan | undefined;
  /** Instant at which the clock of a sandbox begins; undefined: real time. */
  readonly sandboxFrom: number | undefined;
}

/**
 * What `verify` found: differences named, and a hash that is the same wherever the same tickets were
 * processed.
 */
export interface VerifyReport {
  readonly wallets: number;
  readonly events: number;
  readonly balancesHash: string | null;
  readonly differences: readonly string[];
  /** Points that left one wallet and are not in another yet, by programme; null with a difference. */
  readonly inTransit: readonly InTransit[] | null;
  /** Ends of the log's hash chains, to be noted elsewhere; null with a difference, or where the store has no chain. */
  readonly chainHeads: readonly ChainHead[] | null;
}

/** A running platform, and what the command line asks of it beside HTTP. */
export interface Platform {
  readonly url: string;
  readonly dataFolder: string;
  /** Process id of the embedded PostgreSQL's postmaster, for measuring. */
  readonly postgresPid: number | undefined;
  /** The admin key, only when this start made it. */
  readonly adminKey: string | undefined;
  /** A key for the commands of this session, revoked when the platform stops. */
  sessionKey(): Promise<string>;
  /**
   * Resolves when everything derived (identifiers, read models, topics, facts) has seen all that was recorded
   * before the call.
   */
  settled(): Promise<void>;
  verify(onProgress?: (done: number, total: number) => void): Promise<VerifyReport>;
  rebuild(onProgress?: (events: number, total: number) => void): Promise<{ readonly events: number }>;
  /**
   * With `watchMemory`: highest memory seen of this process and PostgreSQL together, in bytes (shared pages
   * counted once).
   */
  peakMemoryBytes(): number;
  /** Stops in order: readiness, requests, consumers, background work, pools, PostgreSQL. */
  stop(): Promise<void>;
}
