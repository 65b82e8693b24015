import type { TicketFact } from '../facts.ts';

/** A sale of 12.50 with two lines, changed as a spec says. */
export function ticketFact(changes: Partial<TicketFact> = {}): TicketFact {
  return {
    tenant: 'main', transactionKey: '12~3~2026-02-10~184', version: 1, type: 'sale', status: 'posted',
    memberId: 'mbr_00000000000000000000000000000001', storeId: '12',
    localDay: '2026-02-10', occurredAt: Date.parse('2026-02-10T10:00:00Z'), currency: 'EUR', total: 1250, pointsEarned: 12,
    pointsReversed: 0,
    lines: [
      { line: 1, sku: 'bread', category: ['food', 'bakery'], quantity: 2, unitPrice: '1.25', amount: 250 },
      { line: 2, sku: 'wine', quantity: 1, unitPrice: '10', amount: 1000 },
    ],
    ...changes,
  };
}

export const CRASH_BATCH_TICKETS = 20;

/** The n-th batch of the process that is killed. */
export function crashBatch(batch: number): readonly TicketFact[] {
  return Array.from({ length: CRASH_BATCH_TICKETS }, (_, index) =>
    ticketFact({ transactionKey: `12~3~2026-02-10~${batch * CRASH_BATCH_TICKETS + index}` }));
}
