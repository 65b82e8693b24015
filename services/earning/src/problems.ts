import { declareProblems } from '@trebol/chassis';

const text = (title: string, detail: string): { title: string; detail: string } => ({ title, detail });

/** Refusals of this service beyond those that all share. */
export const earningProblems = declareProblems({
  ticketConflict: {
    status: 409,
    es: text(
      'La clave pertenece a otro tique',
      'El tique {transactionKey} ya se recibió con otro contenido; este queda en cuarentena y no da puntos.',
    ),
    en: text(
      'The key belongs to another ticket',
      'Ticket {transactionKey} was received before with other content; this one is quarantined and gives no points.',
    ),
  },
  ticketRejected: {
    status: 422,
    es: text('El tique no se puede aceptar', 'El motivo está en "errors".'),
    en: text('The ticket cannot be accepted', 'The reason is in "errors".'),
  },
  claimRefused: {
    status: 409,
    es: text('El tique no se puede reclamar', 'El motivo está en "errors".'),
    en: text('The ticket cannot be claimed', 'The reason is in "errors".'),
  },
  storeInUse: {
    status: 409,
    es: text(
      'La tienda ya tiene tiques',
      'La moneda y la zona horaria de la tienda {storeId} no pueden cambiar, porque ya tiene tiques; registre otra tienda.',
    ),
    en: text(
      'The store has tickets',
      'Currency and time zone of store {storeId} cannot change, because it has tickets; register another store.',
    ),
  },
  ticketNotFound: {
    status: 404,
    es: text('Tique no encontrado', 'No se ha recibido ningún tique {transactionKey}.'),
    en: text('Ticket not found', 'No ticket {transactionKey} was received.'),
  },
  ruleVersionNotFound: {
    status: 404,
    es: text('Versión no encontrada', 'No hay versión {version} de las reglas.'),
    en: text('Version not found', 'There is no version {version} of the rules.'),
  },
  ruleActivationRefused: {
    status: 409,
    es: text('No se puede activar', 'La versión {version} no se puede activar; el motivo está en "errors".'),
    en: text('It cannot be activated', 'Version {version} cannot be activated; the reason is in "errors".'),
  },
  importNotFound: {
    status: 404,
    es: text('Importación no encontrada', 'No hay ninguna importación {importId}.'),
    en: text('Import not found', 'There is no import {importId}.'),
  },
  importTooLarge: {
    status: 413,
    es: text('El fichero es demasiado grande', 'Un fichero puede tener {limitBytes} bytes como máximo.'),
    en: text('The file is too large', 'A file may have {limitBytes} bytes at most.'),
  },
  notGzip: {
    status: 422,
    es: text('No es gzip', 'El fichero se anuncia como gzip y no lo es. Envíelo comprimido, o con otro Content-Type y otro nombre.'),
    en: text('It is not gzip', 'The file is announced as gzip and is none. Send it compressed, or with another Content-Type and name.'),
  },
  tooManyImports: {
    status: 429,
    es: text('Demasiadas importaciones', 'Espere a que terminen las importaciones en curso.'),
    en: text('Too many imports', 'Wait until the imports in progress are over.'),
  },
});
