import { isTracing } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import type { RecordedEvent } from '@trebol/event-store';
import type { OutgoingMessage } from '@trebol/messaging';
import { traceparentOf } from '@trebol/points';
import type { Movement } from '../movements.ts';
import type { Held } from '../wallet-folds.ts';

/** Events of one append are recorded at one instant: its text is made once for all of them. */
let last = { at: 0, text: new Date(0).toISOString() };

function instant(at: number): string {
  if (last.at !== at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}

/**
 * The public form of a stored event (`trebol.points.entry.v1`), given its wallet right after it. Its id is the event's, so a
 * second delivery is
 * recognised. The explanation is stored as JSON and goes out as it is.
 */
export function entryMessage(event: RecordedEvent, after: Held, { said, balance, revision }: Movement): OutgoingMessage {
  const { available, pending, held, debt, feeDue } = balance;
  const value = JSON.stringify({
    entryId: event.id, memberId: after.id.member, programme: after.id.programme, pointType: after.id.pointType, revision,
    kind: said.kind, points: said.points, occurredAt: instant(said.occurredAt), recordedAt: instant(event.recordedAt),
    source: said.source, balance: { available, pending, held, debt, feeDue },
  });
  return {
    topic: topics.pointsEntry.name, key: after.id.member, id: event.id, tenant: after.id.tenant, time: said.occurredAt,
    value: said.explanation === '' ? value : `${value.slice(0, -1)},"explanation":${said.explanation}}`, ...traceOf(event),
  };
}

/** A message belongs to the trace its event was recorded in, whatever it is published with. */
function traceOf(event: RecordedEvent): { readonly traceparent?: string } {
  const traceparent = isTracing() ? traceparentOf(event) : undefined;
  return traceparent === undefined ? NO_TRACE : { traceparent };
}

const NO_TRACE = {};

/** The wallet as of its newest event (`trebol.points.balance.v1`), under that event's id. */
export function balanceMessage(event: RecordedEvent, after: Held, { balance, revision }: Movement): OutgoingMessage {
  const { id } = after;
  return {
    topic: topics.pointsBalance.name, key: id.member, id: event.id, tenant: id.tenant, time: event.recordedAt,
    value: JSON.stringify({
      memberId: id.member, programme: id.programme, pointType: id.pointType, revision, asOf: instant(event.recordedAt),
      available: balance.available, pending: balance.pending, held: balance.held, debt: balance.debt, feeDue: balance.feeDue,
      expiring: balance.expiring,
    }),
    ...traceOf(event),
  };
}
