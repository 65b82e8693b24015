import { Problem, declareProblems } from '@trebol/chassis';

/** Refusals of this service that are not the ledger's (those are in `refusals.ts`). */
declareProblems({
  memberBlocked: {
    status: 409,
    es: { title: 'Socio bloqueado', detail: 'El socio no puede usar sus puntos: estado {memberStatus}.' },
    en: { title: 'Member blocked', detail: 'The member may not use points: status {memberStatus}.' },
  },
  cardBlocked: {
    status: 409,
    es: { title: 'Tarjeta bloqueada', detail: 'El identificador ({kind}) está bloqueado; pida otro al socio.' },
    en: { title: 'Card blocked', detail: 'The identifier ({kind}) is blocked; ask the member for another.' },
  },
  transferClosed: {
    status: 409,
    es: { title: 'Transferencia cerrada', detail: 'La transferencia ya no está pendiente: {state}.' },
    en: { title: 'Transfer closed', detail: 'The transfer no longer waits for an answer: {state}.' },
  },
  adjustmentNotFound: {
    status: 404,
    es: { title: 'Ajuste desconocido', detail: 'No existe el ajuste {adjustmentId}.' },
    en: { title: 'Adjustment unknown', detail: 'There is no adjustment {adjustmentId}.' },
  },
  sameApprover: {
    status: 409,
    es: { title: 'Debe aprobarlo otra clave', detail: 'Quien pide un ajuste no puede aprobarlo.' },
    en: { title: 'Another key must approve', detail: 'Who asks for an adjustment cannot approve it.' },
  },
});

/** `invalidRequest` about one field. */
export const invalidField = (pointer: string, message: Readonly<Record<'es' | 'en', string>>): Problem =>
  new Problem('invalidRequest', { errors: [{ pointer, message }] });
