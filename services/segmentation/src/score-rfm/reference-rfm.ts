import { calendarOf } from '@trebol/chassis';
import { NOT_A_PURCHASE, type LineFact, type MemberFact, type TicketFact } from '../facts.ts';
import type { Cutpoints, RfmDefinition, ScoredMember } from '../run-record.ts';

/** What a run means, in plain TypeScript over arrays: slow, and written apart from the SQL so that specs can hold one against the other. */
export function referenceRfm(
  facts: { readonly tickets: readonly TicketFact[]; readonly members: readonly MemberFact[] },
  definition: RfmDefinition,
  groupOf: (member: { r: number; f: number; m: number }) => string,
): { readonly cutpoints: Cutpoints; readonly members: readonly ScoredMember[] } {
  const customers = customersOf(facts.tickets, facts.members, definition);
  const cutpoints: Cutpoints = definition.cutpoints.kind === 'frozen' ? definition.cutpoints.cutpoints : {
    recencyDays: type1(customers.map((customer) => customer.recencyDays)),
    orders: type1(customers.map((customer) => customer.orders)),
    amountMinor: type1(customers.map((customer) => customer.amountMinor)),
  };
  const members = customers.map((customer) => {
    const scores = {
      r: 6 - score(customer.recencyDays, cutpoints.recencyDays),
      f: score(customer.orders, cutpoints.orders),
      m: score(customer.amountMinor, cutpoints.amountMinor),
    };
    return { ...customer, ...scores, group: groupOf(scores) };
  });
  return { cutpoints, members: members.sort((a, b) => (a.memberId < b.memberId ? -1 : 1)) };
}

type Customer = Pick<ScoredMember, 'memberId' | 'recencyDays' | 'orders' | 'amountMinor' | 'lastPurchaseDay'>;

function customersOf(tickets: readonly TicketFact[], members: readonly MemberFact[], definition: RfmDefinition): Customer[] {
  const calendar = calendarOf(definition.zone);
  const today = calendar.dayOf(definition.asOf);
  const { window } = definition;
  const from = window === 'allTime' ? -Infinity : calendar.startOfDay(calendar.addDays(today, -window.days));
  const register = new Map(members.map((member) => [member.memberId, member]));
  const visits = new Map<string, { day: string; amount: number }[]>();
  for (const { ticket, lines } of purchasesOf(tickets, definition)) {
    if (ticket.occurredAt < from) continue;
    const memberId = survivorOf(ticket.memberId, register);
    if (memberId === undefined || (register.get(memberId)?.status ?? 'active') !== 'active') continue;
    const amount = lines.reduce((sum, line) => sum + line.amount, 0);
    visits.set(memberId, [...(visits.get(memberId) ?? []), { day: ticket.localDay, amount }]);
  }
  return [...visits].map(([memberId, list]) => {
    const lastPurchaseDay = list.map((visit) => visit.day).sort().at(-1) ?? '';
    return {
      memberId, lastPurchaseDay,
      recencyDays: Math.max(0, (Date.parse(today) - Date.parse(lastPurchaseDay)) / 86_400_000),
      orders: definition.purchase === 'receipt' ? list.length : new Set(list.map((visit) => visit.day)).size,
      amountMinor: list.reduce((sum, visit) => sum + visit.amount, 0),
    };
  });
}

/** Accepted sales before the instant that were not voided, with the lines that count; one without such lines is none. */
function purchasesOf(tickets: readonly TicketFact[], definition: RfmDefinition): { ticket: TicketFact; lines: LineFact[] }[] {
  const accepted = tickets.filter((ticket) => !NOT_A_PURCHASE.includes(ticket.status) && ticket.occurredAt < definition.asOf);
  const voided = new Set(accepted.filter((ticket) => ticket.type === 'void').map((ticket) => ticket.originalKey));
  return accepted.filter((ticket) => ticket.type === 'sale' && !voided.has(ticket.transactionKey))
    .map((ticket) => ({ ticket, lines: ticket.lines.filter((line) => counts(line, definition)) }))
    .filter(({ lines }) => lines.length > 0);
}

function survivorOf(memberId: string | undefined, register: ReadonlyMap<string, MemberFact>): string | undefined {
  let current = memberId;
  for (let step = 0; step < 16; step += 1) {
    const member = current === undefined ? undefined : register.get(current);
    if (member?.status !== 'merged' || member.mergedInto === undefined) return current;
    current = member.mergedInto;
  }
  return current;
}

const counts = (line: LineFact, { lineFilters }: RfmDefinition): boolean => line.quantity > lineFilters.quantityAbove
  && (line.unitPrice === undefined ? line.amount > 0 : Number(line.unitPrice) > lineFilters.unitPriceAbove);

/** Smallest value such that at least k fifths of all values are not above it. */
function type1(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return [1, 2, 3, 4].map((k) => sorted.find((value) => 5 * sorted.filter((other) => other <= value).length >= k * sorted.length) ?? 0);
}

const score = (value: number, cutpoints: readonly number[]): number => 1 + cutpoints.filter((cutpoint) => value > cutpoint).length;
