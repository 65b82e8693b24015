import { declareProblems } from '@trebol/chassis';

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
});
