import type { Language } from '@trebol/contracts';

/** What the command line says of itself, in every language it speaks. */
export type Text = Readonly<Record<Language, string>>;

export const text = (es: string, en: string): Text => ({ es, en });

/** Commands, arguments and options, as `--help` shows them. */
export const HELP = {
  trebol: text('Trébol: plataforma de fidelización', 'Trébol: loyalty platform'),
  json: text('un documento JSON por línea en la salida estándar', 'one JSON document per line on standard output'),
  lang: text('es o en (por defecto, según LANG)', 'es or en (default: by LANG)'),
  url: text(
    'una plataforma en marcha (TREBOL_URL); sin ella se abre la carpeta de datos',
    'a running platform (TREBOL_URL); without it the data folder is opened'
  ),
  key: text('clave de API para --url (TREBOL_KEY)', 'API key for --url (TREBOL_KEY)'),
  data: text('carpeta de datos (TREBOL_DATA; ./data)', 'data folder (TREBOL_DATA; ./data)'),
  version: text('muestra la versión', 'show the version'),
  help: text('muestra esta ayuda', 'show this help'),
  helpOf: text('muestra la ayuda de una orden', 'show the help of a command'),
  start: text('arranca la plataforma', 'start the platform'),
  startPort: text('puerto; 0 toma uno libre', 'port; 0 takes a free one'),
  host: text('dirección en la que escucha', 'address to listen on'),
  clock: text(
    'arranca un entorno de pruebas cuyo reloj empieza aquí (RFC 3339)',
    'start a sandbox whose clock begins here (RFC 3339)'
  ),
  demo: text(
    'pasa el registro Online Retail entero por la plataforma y sigue sirviendo',
    'put the whole Online Retail log through the platform and serve on'
  ),
  demoExit: text('termina en vez de seguir sirviendo', 'end instead of serving on'),
  demoPort: text('puerto; 0 toma uno libre (3000 si lo está)', 'port; 0 takes a free one (3000 when it is free)'),
  import: text('importa un fichero de tiques', 'import a file of tickets'),
  importFile: text('fichero, comprimido con gzip o sin comprimir', 'file, compressed with gzip or not'),
  format: text('forma del fichero: onlineRetail o ndjson', 'form of the file: onlineRetail or ndjson'),
  history: text('admite tiques antiguos (una migración)', 'accept old tickets (a migration)'),
  strict: text('termina con 1 si se rechazó alguna fila', 'exit 1 when a row was rejected'),
  rejects: text(
    'guarda aquí, en CSV, las filas rechazadas y por qué', 'save the rejected rows here, as CSV, and why'
  ),
  balance: text('saldo y últimos movimientos de un socio', 'balance and latest entries of a member'),
  identifier: text(
    'card:…, phone:…, email:… o el id del socio; una palabra sola es una tarjeta',
    'card:…, phone:…, email:… or the member id; a bare word is a card'
  ),
  verify: text(
    'recalcula todos los saldos desde el registro y los compara',
    'recompute every balance from the log and compare'
  ),
  heads: text(
    'además, contra lo que otro verify --json imprimió, guardado en otra parte',
    'also against what an earlier verify --json printed, kept elsewhere'
  ),
  rebuild: text('reconstruye un modelo de lectura', 'rebuild a read model'),
  readModel: text('solo hay uno: balances', 'there is one: balances'),
  segment: text('RFM y audiencias', 'RFM and audiences'),
  segmentRun: text('puntúa a todos los socios (RFM) y cuenta los grupos', 'score every member (RFM) and count the groups'),
  asOf: text('instante al que se miden los días (RFC 3339)', 'instant to which days are counted (RFC 3339)'),
  zone: text('zona IANA en la que se cuentan los días', 'IANA zone in which days are counted'),
  currency: text('ISO 4217, donde haya ventas en varias', 'ISO 4217, where there are sales in several'),
  segmentExport: text('escribe los socios de un segmento en un fichero', 'write the members of a segment to a file'),
  segmentId: text('por ejemplo rf25:champions', 'for instance rf25:champions'),
  purpose: text('para qué se hace el fichero', 'what the file is made for'),
  to: text('escribe aquí el CSV y al lado su manifiesto', 'write the CSV here and its manifest beside it'),
  segmentFacts: text(
    'escribe las compras (tiques, líneas, socios sin datos personales) en Parquet, para analizarlas fuera',
    'write the purchases (tickets, lines, members without personal data) as Parquet, to analyse them elsewhere'
  ),
  factsTo: text('carpeta en la que se escriben', 'folder they are written to'),
  keys: text('claves de API', 'API keys'),
  keysCreate: text('crea una clave', 'make a key'),
  scopes: text('permisos separados por comas, o "*"', 'scopes separated by commas, or "*"'),
  keyName: text('para qué es la clave', 'what the key is for'),
  tenant: text('inquilino al que pertenece', 'tenant it belongs to'),
  store: text('ata la clave a una tienda', 'bind the key to one store'),
  live: text('una clave trb_live_ (si no, trb_test_)', 'a trb_live_ key (otherwise trb_test_)'),
  unlessAny: text('no crea ninguna si ya hay una con este nombre', 'make none when a key of this name is in force'),
  keysList: text('claves de un inquilino, también las anuladas', 'keys of a tenant, revoked ones too'),
  keysRevoke: text(
    'anula una clave; los servicios se enteran en un minuto', 'end a key; running services notice within a minute'
  ),
  dlq: text('mensajes que fallaron para siempre', 'messages that failed for good'),
  dlqList: text('qué falló, por qué y cuántos esperan detrás', 'what failed, why, and how many wait behind it'),
  dlqReplay: text(
    'entrega de nuevo, en orden, lo que falló y lo que espera detrás',
    'hand over again, in order, what failed and what waits behind it'
  ),
  group: text('un grupo de consumidores (si no, todos)', 'one consumer group (otherwise all)'),
  topic: text('solo este tema', 'only this topic'),
  messageKey: text('solo esta clave de mensaje', 'only this message key'),
  letterId: text('un mensaje, como lo muestra list', 'one dead letter, as list shows it'),
  allLetters: text('todo lo que dejen los filtros', 'everything the filters leave'),
  db: text('la base de datos de procesos separados', 'the database of separate processes'),
  dbRoles: text(
    'crea roles, esquemas y tablas de claves donde diga DATABASE_URL; se puede repetir',
    'make roles, schemas and key tables in the database DATABASE_URL names; repeatable'
  ),
  dbRolesMore: text(
    'DATABASE_URL es de un administrador. TREBOL_IDENTIFIER_KEY es el secreto de los identificadores.\n'
    + 'Contraseñas: {variable} y así una por rol; un rol nuevo sin ella recibe una al azar, que solo se muestra ahora; '
    + 'uno que ya existe conserva la suya.',
    'DATABASE_URL is an administrator\'s. TREBOL_IDENTIFIER_KEY is the secret of the identifier tokens.\n'
    + 'Passwords: {variable} and so on, one for each role; a new role without one gets a random password, shown this once; '
    + 'an existing role keeps its own.'
  ),
  given: text('no inventa contraseñas: tienen que estar todas', 'make no passwords: every variable must be set'),
  doctor: text('comprueba esta máquina y la carpeta de datos', 'check this machine and the data folder'),
  doctorPort: text('puerto en el que va a escuchar', 'port it is to listen on'),
} as const satisfies Record<string, Text>;

/** A text in the language of the command line. */
export type Told = (what: Text) => string;
