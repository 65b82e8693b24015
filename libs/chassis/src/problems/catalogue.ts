import type { Language } from './language.ts';

/**
 * Title and explanation; `{name}` in the detail is replaced by that member of the problem's details, or by what `words` says for a member
 * that is a code: the member itself stays the code.
 */
export interface ProblemText {
  readonly title: string;
  readonly detail: string;
  readonly words?: Readonly<Record<string, string>>;
}

/** One refusal the surface may give: its HTTP status and its words. */
export type ProblemDefinition = { readonly status: number } & Readonly<Record<Language, ProblemText>>;

const text = (title: string, detail: string): ProblemText => ({ title, detail });

/** Codes that more than one service uses. They are part of the public surface: never renamed. */
const chassisProblems = {
  invalidRequest: {
    status: 422,
    es: text('La petición no es válida', 'Corrija los campos indicados en "errors".'),
    en: text('The request is not valid', 'Correct the fields listed in "errors".'),
  },
  unreadableRequest: {
    status: 400,
    es: text('La petición no se puede leer', 'La dirección o las cabeceras de la petición no siguen las reglas de HTTP.'),
    en: text('The request cannot be read', 'The address or the headers of the request do not follow the rules of HTTP.'),
  },
  malformedJson: {
    status: 400,
    es: text('El cuerpo no es JSON', 'El cuerpo de la petición no se puede leer como JSON.'),
    en: text('The body is not JSON', 'The body of the request cannot be read as JSON.'),
  },
  forbiddenKey: {
    status: 400,
    es: text('Nombre prohibido', 'El cuerpo lleva un miembro "__proto__" o "constructor.prototype", que no se admiten en ningún sitio.'),
    en: text('Forbidden name', 'The body has a member "__proto__" or "constructor.prototype"; these are accepted nowhere.'),
  },
  headersTooLarge: {
    status: 431,
    es: text('Cabeceras demasiado grandes', 'Las cabeceras de la petición pueden tener 16 KiB entre todas.'),
    en: text('Headers too large', 'The headers of a request may have 16 KiB together.'),
  },
  requestTooSlow: {
    status: 408,
    es: text('Petición demasiado lenta', 'La petición no llegó entera a tiempo; envíela de nuevo.'),
    en: text('Request too slow', 'The request did not arrive whole in time; send it again.'),
  },
  bodyMissing: {
    status: 400,
    es: text('Falta el cuerpo', 'Esta operación necesita un cuerpo; envíelo como application/json.'),
    en: text('The body is missing', 'This operation needs a body; send it as application/json.'),
  },
  bodyTooLarge: {
    status: 413,
    es: text('El cuerpo es demasiado grande', 'El cuerpo de la petición supera el límite de {limitBytes} bytes.'),
    en: text('The body is too large', 'The body of the request is over the limit of {limitBytes} bytes.'),
  },
  unsupportedMediaType: {
    status: 415,
    es: text('Tipo de contenido no admitido', 'Esta operación no lee cuerpos de ese Content-Type; los que lee están en /openapi.json.'),
    en: text('Unsupported content type', 'This operation does not read bodies of that Content-Type; those it reads are in /openapi.json.'),
  },
  notFound: {
    status: 404,
    es: text('No encontrado', 'No hay nada en esta dirección.'),
    en: text('Not found', 'There is nothing at this address.'),
  },
  methodNotAllowed: {
    status: 405,
    es: text('Método no permitido', 'Esta dirección admite {allow}.'),
    en: text('Method not allowed', 'This address accepts {allow}.'),
  },
  unauthenticated: {
    status: 401,
    es: text('Falta una clave válida', 'Envíe "Authorization: Bearer" con una clave de API que no haya caducado ni se haya revocado.'),
    en: text('A valid key is missing', 'Send "Authorization: Bearer" with an API key that has neither expired nor been revoked.'),
  },
  forbidden: {
    status: 403,
    es: text('No permitido con esta clave', 'La clave no tiene el permiso {scope}.'),
    en: text('Not allowed with this key', 'The key lacks the scope {scope}.'),
  },
  scopeNotHeld: {
    status: 403,
    es: text('Permiso que su clave no tiene', 'Una clave no puede crear otra con más permisos que los suyos: {scope}.'),
    en: text('A scope that your key does not hold', 'A key cannot make another with scopes beyond its own: {scope}.'),
  },
  unknownScope: {
    status: 422,
    es: text('Permiso desconocido', 'Ninguna operación pide el permiso {scope}.'),
    en: text('Unknown scope', 'No operation asks for the scope {scope}.'),
  },
  keyNotFound: {
    status: 404,
    es: text('Clave no encontrada', 'No hay ninguna clave vigente {keyId}.'),
    en: text('Key not found', 'There is no key {keyId} in force.'),
  },
  keyInUse: {
    status: 409,
    es: text('Es su propia clave', 'Una clave no puede terminar consigo misma: cree otra y use la nueva.'),
    en: text('It is your own key', 'A key cannot end itself: make another and use the new one.'),
  },
  idempotencyKeyMissing: {
    status: 400,
    es: text('Falta Idempotency-Key', 'Envíe la cabecera Idempotency-Key: con ella, repetir la petición no la hace dos veces.'),
    en: text('Idempotency-Key is missing', 'Send the header Idempotency-Key: with it, a repeated request is not done twice.'),
  },
  idempotencyConflict: {
    status: 422,
    es: text('La clave ya se usó con otro cuerpo', 'Esta Idempotency-Key pertenece a otra petición; use una nueva.'),
    en: text('The key was used with another body', 'This Idempotency-Key belongs to another request; use a fresh one.'),
  },
  inFlight: {
    status: 409,
    es: text('La misma petición está en curso', 'Una petición con esta Idempotency-Key aún no ha terminado; repítala más tarde.'),
    en: text('The same request is in flight', 'A request with this Idempotency-Key has not finished; send it again later.'),
  },
  memberNotFound: {
    status: 404,
    es: text('Socio no encontrado', 'No se conoce ningún socio con ese identificador.'),
    en: text('Member not found', 'No member is known by that identifier.'),
  },
  storeNotFound: {
    status: 404,
    es: text('Tienda no encontrada', 'Esa tienda no está en el registro de tiendas.'),
    en: text('Store not found', 'The store is not in the store register.'),
  },
  overloaded: {
    status: 503,
    es: text('Servicio saturado', 'Vuelva a intentarlo; segundos de espera: {retryAfterSeconds}.'),
    en: text('The service is overloaded', 'Try again; seconds to wait: {retryAfterSeconds}.'),
  },
  unknownOutcome: {
    status: 503,
    es: text('No se sabe si se ha hecho', 'Repita la misma petición con la misma clave: no se hará dos veces.'),
    en: text('It is not known whether it was done', 'Send the same request with the same key again: it will not be done twice.'),
  },
  internal: {
    status: 500,
    es: text('Error interno', 'Algo ha fallado en la plataforma y no se sabe si la petición se hizo. Indique el traceId al avisar.'),
    en: text(
      'Internal error',
      'Something failed in the platform; whether the request was done is not known. Quote the traceId when you report it.',
    ),
  },
} as const satisfies Record<string, ProblemDefinition>;

/** Codes declared by the chassis, and any other that a service has declared. */
export type ProblemCode = keyof typeof chassisProblems | (string & {});

const declared = new Map<string, ProblemDefinition>(Object.entries(chassisProblems));

/** Every declared code, the chassis's and the services'. */
export const problemCatalogue: ReadonlyMap<string, ProblemDefinition> = declared;

/**
 * Adds a service's own refusals; called once, at the top of its `problems.ts`. Declaring a code again with another meaning is an
 * Error at start-up: one code means one thing on the whole surface.
 */
export function declareProblems<T extends Record<string, ProblemDefinition>>(definitions: T): T {
  for (const [code, definition] of Object.entries(definitions)) {
    const known = declared.get(code);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition)) {
      throw new Error(`the problem code ${code} is declared twice with different meanings`);
    }
    declared.set(code, definition);
  }
  return definitions;
}
