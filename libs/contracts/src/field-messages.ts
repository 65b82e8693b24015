import type { z } from 'zod';
import type { Language } from './explanation.ts';

/** What was expected of a value, as people say it. */
const NAMES: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  string: { es: 'un texto', en: 'a text' }, number: { es: 'un número', en: 'a number' },
  int: { es: 'un número entero', en: 'a whole number' }, boolean: { es: 'verdadero o falso', en: 'true or false' },
  array: { es: 'una lista', en: 'a list' }, object: { es: 'un objeto', en: 'an object' },
};

/** Forms of texts, by the name of the check. */
const FORMS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  date: { es: 'Tiene que ser un día que exista, con la forma AAAA-MM-DD', en: 'Must be a day that exists, in the form YYYY-MM-DD' },
  datetime: {
    es: 'Tiene que ser un instante con su desfase horario, como 2026-02-10T18:31:07+01:00',
    en: 'Must be an instant with its offset, such as 2026-02-10T18:31:07+01:00',
  },
  uuid: { es: 'Tiene que ser un UUID', en: 'Must be a UUID' },
  email: { es: 'Tiene que ser una dirección de correo', en: 'Must be an e-mail address' },
};

type Issue = z.core.$ZodRawIssue;
type Told = Readonly<Record<Language, string>>;

/** Messages written into schemas, in English there; those of ids are made from their prefix. */
const SPANISH: Readonly<Record<string, string>> = {
  'Must be letters, digits, "_", "." and "-", at most 40': 'Tiene que tener solo letras, cifras, "_", "." y "-", 40 como máximo',
  'Must be letters, digits, "_", "." and "-"': 'Tiene que tener solo letras, cifras, "_", "." y "-"',
  'Must be a letter, then letters, digits and "-", at most 40': 'Tiene que ser una letra y después letras, cifras y "-", 40 como máximo',
  'Must be an ISO 4217 code, three capitals': 'Tiene que ser un código ISO 4217, tres mayúsculas',
  'Must be a decimal such as "2.55"': 'Tiene que ser un decimal como "2.55"',
  'Must be a whole number above 0 such as 2, or a decimal text with 3 decimals at most such as "1.5"':
    'Tiene que ser un número entero mayor que 0 como 2, o un texto decimal con 3 decimales como máximo como "1.5"',
  'Must be minor units as a whole number such as 255, or a decimal text such as "2.55"':
    'Tiene que ser un número entero de céntimos (unidades menores) como 255, o un texto decimal como "2.55"',
  'Must not hold control characters': 'No puede llevar caracteres de control',
  'Must be an IANA zone such as Europe/Madrid': 'Tiene que ser una zona IANA como Europe/Madrid',
  'Must be an IANA time zone such as "Europe/Madrid"': 'Tiene que ser una zona IANA como "Europe/Madrid"',
  'Must be a transaction key such as 12~3~2026-02-10~184': 'Tiene que ser una clave de transacción como 12~3~2026-02-10~184',
  'Must be store~workstation~day~sequence': 'Tiene que ser tienda~caja~día~secuencia',
  'Must be a segment such as "rf25:champions"': 'Tiene que ser un segmento como "rf25:champions"',
  'Must be card:…, phone:… or email:…': 'Tiene que ser card:…, phone:… o email:…',
  'Must be card:…, phone:+…, email:… or member:mbr_…': 'Tiene que ser card:…, phone:+…, email:… o member:mbr_…',
  'Is not a cursor of this list': 'No es un cursor de esta lista',
  'Must be a scope such as "members:write"': 'Tiene que ser un permiso como "members:write"',
  'Each scope may be named once': 'Cada permiso se nombra una sola vez',
  'Must be a day that exists, such as 2026-02-10, or an instant with its offset, such as 2026-02-10T18:31:07+01:00':
    'Tiene que ser un día que exista, como 2026-02-10, o un instante con su desfase horario, como 2026-02-10T18:31:07+01:00',
  'Must not be 0': 'Tiene que ser distinto de 0',
  'only "1" is understood; leave it out to switch it off': 'solo se entiende "1"; quítela para apagarlo',
  'Must be point types such as "points,status:qualifying", each of at most 40 letters, digits, "_", "." and "-"':
    'Tienen que ser tipos de puntos como "points,status:qualifying", cada uno de 40 letras, cifras, "_", "." y "-" como máximo',
  'Must name each point type once': 'Tiene que nombrar cada tipo de puntos una sola vez',
  'Must be at most 8 point types': 'Tienen que ser 8 tipos de puntos como máximo',
  'Must have a spendable point type': 'Tiene que haber un tipo de puntos canjeables',
  'hexadecimal, base64 or base64url': 'hexadecimal, base64 o base64url',
  '32 bytes or more in hexadecimal, base64 or base64url': '32 bytes o más en hexadecimal, base64 o base64url',
  'Must be a day of the year as MM-DD': 'Tiene que ser un día del año con la forma MM-DD',
};

/** What is said of an id that has another form than ours. */
export const idForm = (prefix: string): string => `Must be ${prefix}_ and 32 hexadecimal digits in lower case, without hyphens`;
const ID_FORM = /^Must be (\w+_) and 32 hexadecimal digits in lower case, without hyphens$/;

/** A message written into a schema, in Spanish; one that is not known stays as it is. */
export function inSpanish(message: string): string {
  const prefix = ID_FORM.exec(message)?.[1];
  return prefix === undefined ? SPANISH[message] ?? message : `Tiene que ser ${prefix} y 32 cifras hexadecimales en minúsculas, sin guiones`;
}

/**
 * Error maps for Zod that read like sentences a person would write, for `safeParse(value, { error: fieldMessages.es })`. What a schema
 * says itself comes before a map; give that to `inSpanish`.
 */
export const fieldMessages: Readonly<Record<Language, (issue: Issue) => string>> = {
  es: (issue) => toldOf(issue).es, en: (issue) => toldOf(issue).en,
};

function toldOf(issue: Issue): Told {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return { es: 'Falta este campo', en: 'This field is missing' };
      const { es, en } = NAMES[issue.expected] ?? { es: 'de otro tipo', en: 'of another type' };
      return { es: `Tiene que ser ${es}`, en: `Must be ${en}` };
    }
    case 'too_small': return boundOf(issue.origin, Number(issue.minimum), 'least');
    case 'too_big': return boundOf(issue.origin, Number(issue.maximum), 'most');
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      return issue.values.length === 1
        ? { es: `Tiene que ser ${values}`, en: `Must be ${values}` }
        : { es: `Tiene que ser uno de estos: ${values}`, en: `Must be one of these: ${values}` };
    }
    case 'invalid_format': return FORMS[issue.format] ?? { es: 'No tiene la forma debida', en: 'Does not have the form it should' };
    case 'unrecognized_keys': return { es: 'Campo desconocido', en: 'Unknown field' };
    case 'invalid_union': return { es: 'No es ninguna de las formas admitidas', en: 'Is none of the forms that are allowed' };
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of': return { es: 'No es un valor admitido', en: 'Is not a value that is allowed' };
    default: {
      const never: never = issue;
      return never;
    }
  }
}

function boundOf(origin: string, bound: number, end: 'least' | 'most'): Told {
  if (end === 'least' && bound === 1 && (origin === 'string' || origin === 'array')) {
    return { es: 'No puede estar vacío', en: 'Must not be empty' };
  }
  const [limitEs, limitEn] = end === 'least' ? ['como mínimo', 'at least'] : ['como máximo', 'at most'];
  if (origin === 'string') return { es: `Tiene que tener ${bound} caracteres ${limitEs}`, en: `Must have ${limitEn} ${bound} characters` };
  if (origin === 'array') return { es: `Tiene que tener ${bound} elementos ${limitEs}`, en: `Must have ${limitEn} ${bound} elements` };
  return { es: `Tiene que ser ${bound} ${limitEs}`, en: `Must be ${limitEn} ${bound}` };
}
