/** Open lots (pending, available or held) that grants and arrivals may bring a wallet to. Bounds the sort of a spend and one midnight. */
export const LOTS_OPEN_MAX = 2_000;

/**
 * Open lots that points which come back (a cancellation, a transfer that did not arrive) may bring it to: all that a full wallet spent, when
 * it has been filled again since. Past it they wait until some were spent or have lapsed; a part of a cancellation may fit.
 */
export const LOTS_OPEN_AGAIN_MAX = 2 * LOTS_OPEN_MAX;

/** Lots of one earning: as many as an explanation has steps. */
export const LOTS_PER_EARNING_MAX = 200;

/** Points of one lot: sums over every lot of a period stay safe integers (10⁹ × 200 lots × 10,000 earnings < 2⁵³). */
export const POINTS_PER_LOT_MAX = 1_000_000_000;

/** Open holds of one wallet: a member is at a few tills and one web shop at once; more is a fault or an attack. */
export const HOLDS_OPEN_MAX = 20;

/** Longest hold in minutes, one week: a click-and-collect order waits for its member, but points are not parked for ever. */
export const HOLD_MINUTES_MAX = 7 * 24 * 60;

/**
 * Earnings, corrections, holds, redemptions and cancellations remembered by one wallet in one period (G7): about 25 a day
 * for a year. With LOTS_PER_PERIOD_MAX it bounds the snapshot, which the store keeps up to 1 MiB. Closing the books begins a new period.
 */
export const EFFECTS_PER_PERIOD_MAX = 10_000;

/** Lots of one period, closed and carried ones too, that grants and transfers may bring it to: two for each effect. Returns may name them all. */
export const LOTS_PER_PERIOD_MAX = 2 * EFFECTS_PER_PERIOD_MAX;

/**
 * Bytes of a snapshot that is written with every append, some 4,000 earnings: the row that an append rewrites must stay small. A larger one
 * is written once in SNAPSHOT_EVERY_EVENTS.
 */
export const SNAPSHOT_ALWAYS_BYTES_MAX = 65_536;

/** Events that a wallet with a large snapshot is folded over at most when it is loaded: a millisecond or two. */
export const SNAPSHOT_EVERY_EVENTS = 256;

/**
 * Days for which effects of a closed period stay in the wallet's own memory, with their lots: a chain takes goods back for some weeks, and
 * files of old tickets come days late. What is older is looked up in the closed stream.
 */
export const RETURN_WINDOW_DAYS = 120;

/** Least validity in days of points that come back after their lot lapsed (`ledger.md` §4, case 5). */
export const RESTORED_DAYS_MIN = 30;

/**
 * Events of one wallet in one append: a worst midnight of a wallet at LOTS_OPEN_MAX (2 × lots + holds). What is more, in number or in bytes,
 * goes in the next one: time's events first and by themselves, then the command that met them.
 */
export const EVENTS_PER_APPEND_MAX = 4_100;

/** What the store may count of an event beside its data and metadata: its type, twice, and a frame. */
export const EVENT_FRAME_BYTES = 128;

/** Characters of the data of one event that closes books: leaves room for the rest of it below the store's 1 MiB. */
export const EVENT_CHARACTERS_PER_APPEND_MAX = 700_000;

/** Rounds of load, decide, append for one wallet after the first: past it the wallet is too contended and the caller sends again. */
export const APPEND_RETRIES_MAX = 8;

/** Read-backs of an append whose answer was lost, before the outcome is given as unknown. */
export const UNKNOWN_READS_MAX = 3;

/** Commands waiting for one wallet in this process: past it the caller is told to come back (somebody loops on one card). */
export const WALLET_QUEUE_MAX = 1_000;

/** Commands of one wallet's queue that are decided together and share one append. */
export const WALLET_QUEUE_BATCH_MAX = 100;

/** Wallets in one round of a bulk call: bounds one read, one transaction and the memory of both. */
export const BULK_WALLETS_MAX = 2_000;

/** Wallets decided in bulk between two turns of the event loop, so that a till's command never waits for a whole import. */
export const YIELD_EVERY_WALLETS = 100;

/** Wallets whose hits are confirmed at the same time: redelivered batches read many streams, the store has few connections. */
export const CONFIRM_CONCURRENCY = 10;

/** Wallets whose books are closed together: one read of their states, one append of all closings and one of all openings. */
export const CLOSE_WALLETS_MAX = 500;

/** Events that closing reads together, some 20 MB: one round's wallets are cut by it. One wallet may exceed it and goes alone. */
export const CLOSE_EVENTS_MAX = 20_000;

/** Points of one card fee: a million is some thousand euros, more is a slip of the keyboard. */
export const FEE_POINTS_MAX = 1_000_000;

/** Characters of what caused a command, kept with each of its events: a message's id is a tenant, a member and a version. */
export const CAUSATION_CHARACTERS_MAX = 200;

/** Characters of the note of an adjustment: a few sentences; it is stored for ever. */
export const NOTE_CHARACTERS_MAX = 500;

/** Freezes in force on one wallet at a time: a merge, a fraud case and a few colleagues. */
export const FREEZES_MAX = 20;

/** Effects that one merge moves, the newest: as many as a period remembers, 160 kB. */
export const EFFECTS_MOVED_MAX = EFFECTS_PER_PERIOD_MAX;

/** Effects that merges have brought to one wallet and that are inside the return window: 8 bytes each in every snapshot. */
export const EFFECTS_BROUGHT_MAX = 2 * EFFECTS_MOVED_MAX;

/**
 * Days for which a transfer under way is carried over when books are closed. The saga takes it back after 14 days; the rest is for one that
 * stood still. What is older has arrived.
 */
export const TRANSFER_BACK_DAYS_MAX = 60;

/** Lots that one merge moves, those with points and the newest that may still be returned: some 150 characters each, one event. */
export const LOTS_MOVED_MAX = 4_000;
