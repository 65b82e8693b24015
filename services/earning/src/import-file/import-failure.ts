import type { Language } from '@trebol/contracts';

/** Why an import ended early; everything before it was applied. */
export interface ImportFailure {
  readonly code: 'truncatedGzip' | 'corruptGzip' | 'unreadableFile' | 'emptyFile' | 'notText' | 'wrongColumns' | 'interrupted';
  /** For operators: what the machine said. Columns that are missing or not expected, where that is it. */
  readonly cause?: string | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly unexpected?: readonly string[] | undefined;
  /** Bytes of the file that were read, where that is known. */
  readonly atByte?: number | undefined;
  /** Last row that was read. */
  readonly atRow: number;
}

export const IMPORT_FAILURE_CODES: readonly ImportFailure['code'][] = [
  'truncatedGzip', 'corruptGzip', 'unreadableFile', 'emptyFile', 'notText', 'wrongColumns', 'interrupted',
];

/** One or two sentences about the failure in the reader's language. */
export function failureText(failure: ImportFailure, language: Language): string {
  const { code, atRow } = failure;
  const es = language === 'es';
  switch (code) {
    case 'truncatedGzip': return es
      ? `El fichero comprimido está cortado después de la fila ${atRow}; lo anterior se ha aplicado. Envíe el fichero entero.`
      : `The compressed file is cut off after row ${atRow}; what came before was applied. Send the whole file.`;
    case 'corruptGzip': return es
      ? `El fichero comprimido está dañado después de la fila ${atRow}; lo anterior se ha aplicado. Envíelo de nuevo.`
      : `The compressed file is damaged after row ${atRow}; what came before was applied. Send it again.`;
    case 'unreadableFile': return es
      ? `El fichero no se puede leer más allá de la fila ${atRow}; lo anterior se ha aplicado.`
      : `The file cannot be read beyond row ${atRow}; what came before was applied.`;
    case 'emptyFile': return es ? 'El fichero está vacío.' : 'The file is empty.';
    case 'notText': return es
      ? 'El fichero no es texto en UTF-8, ni gzip de un texto así; no se ha aplicado nada.'
      : 'The file is neither text in UTF-8 nor gzip of such a text; nothing was applied.';
    case 'wrongColumns': return wrongColumns(failure, es);
    case 'interrupted': return es
      ? `La plataforma falló repetidamente en la fila ${atRow}; lo anterior se ha aplicado. Envíe el mismo fichero para seguir.`
      : `The platform failed again and again at row ${atRow}; what came before was applied. Send the same file to go on.`;
    default: {
      const never: never = code;
      return never;
    }
  }
}

/** Names shown in the sentence; `missing` and `unexpected` hold more. */
const NAMES_SHOWN_MAX = 5;

function wrongColumns({ missing = [], unexpected = [] }: ImportFailure, es: boolean): string {
  const listed = (names: readonly string[]): string => {
    const more = names.length - NAMES_SHOWN_MAX;
    const shown = names.slice(0, NAMES_SHOWN_MAX).map((name) => (name === '' ? es ? '«sin nombre»' : '“no name”' : name)).join(', ');
    return more > 0 ? `${shown} ${es ? `y ${more} más` : `and ${more} more`}` : shown;
  };
  const parts = [
    ...(missing.length > 0 ? [`${es ? 'faltan' : 'missing'}: ${listed(missing)}`] : []),
    ...(unexpected.length > 0 ? [`${es ? 'sobran' : 'not expected'}: ${listed(unexpected)}`] : []),
  ];
  const told = parts.length > 0 ? ` (${parts.join('; ')})` : '';
  return es ? `La primera fila no nombra las columnas de este formato${told}.` : `The first row does not name the columns of this format${told}.`;
}
