import { Problem, declareProblems } from '@trebol/chassis';
import type { Unusable } from './identifiers.ts';

/** Refusals of this service. None says whose an identifier is. */
declareProblems({
  identifierTaken: {
    status: 409,
    es: { title: 'Identificador en uso', detail: 'El identificador ({kind}) ya pertenece a otro socio.' },
    en: { title: 'Identifier in use', detail: 'The identifier ({kind}) already belongs to another member.' },
  },
  externalIdTaken: {
    status: 409,
    es: { title: 'externalId en uso', detail: 'Ya hay un socio dado de alta con ese externalId y otros datos.' },
    en: { title: 'externalId in use', detail: 'A member was already enrolled under this externalId with other data.' },
  },
  memberNotActive: {
    status: 409,
    es: { title: 'Socio no activo', detail: 'El socio está en estado {memberStatus}; no admite cambios.' },
    en: { title: 'Member not active', detail: 'The member is {memberStatus} and takes no changes.' },
  },
  identifierNotFound: {
    status: 404,
    es: { title: 'Identificador desconocido', detail: 'El socio no tiene ese identificador ({kind}).' },
    en: { title: 'Identifier unknown', detail: 'The member has no such identifier ({kind}).' },
  },
  identifierBlocked: {
    status: 409,
    es: { title: 'Identificador bloqueado', detail: 'El identificador ({kind}) está bloqueado.' },
    en: { title: 'Identifier blocked', detail: 'The identifier ({kind}) is blocked.' },
  },
  identifierReplaced: {
    status: 409,
    es: { title: 'Identificador ya sustituido', detail: 'El identificador ({kind}) ya se sustituyó por otro.' },
    en: { title: 'Identifier already replaced', detail: 'The identifier ({kind}) was already replaced by another one.' },
  },
  mergeChain: {
    status: 409,
    es: { title: 'Ya absorbió a otro socio', detail: 'A este socio ya se unió otro y no puede unirse a un tercero; una el tercero a este.' },
    en: { title: 'Others were merged into this member', detail: 'A member who took over another cannot be merged; merge into this one instead.' },
  },
  memberLimitReached: {
    status: 409,
    es: { title: 'Límite alcanzado', detail: 'Un socio admite como máximo {max} ({limit}).' },
    en: { title: 'Limit reached', detail: 'A member takes at most {max} ({limit}).' },
  },
});

type Words = Readonly<Record<'es' | 'en', string>>;

const WHY: Record<Unusable, Words> = {
  cardFormat: { es: 'letras, cifras, "." y "-", como máximo 40', en: 'letters, digits, "." and "-", at most 40' },
  cardCheckDigit: {
    es: 'la cifra de control no cuadra: el número está mal tecleado', en: 'the check digit is wrong: the number was mistyped',
  },
  phoneNumber: { es: 'no es un número de teléfono válido', en: 'not a valid telephone number' },
  emailAddress: { es: 'no es una dirección de correo válida', en: 'not a valid e-mail address' },
};

/** `invalidRequest` that points at each field which cannot be used. */
export const unusableFields = (fields: readonly { readonly pointer: string; readonly why: Unusable }[]): Problem =>
  new Problem('invalidRequest', { errors: fields.map(({ pointer, why }) => ({ pointer, message: WHY[why] })) });

/** `invalidRequest` about one field. */
export const invalidField = (pointer: string, message: Words): Problem =>
  new Problem('invalidRequest', { errors: [{ pointer, message }] });

/** Throws `invalidRequest` for a day of birth after today (UTC: the strictest zone is a day ahead at most). */
export function checkBirthDate(birthDate: string | null | undefined, now: number): void {
  const today = new Date(now).toISOString().slice(0, 10);
  if (typeof birthDate === 'string' && birthDate > today) {
    throw invalidField('/birthDate', { es: 'está en el futuro', en: 'lies in the future' });
  }
}
