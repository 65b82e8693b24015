/**
 * Text of somebody else's as one line that a terminal or a page may show: control characters (a terminal obeys them) and marks that
 * turn the writing direction become "\uFFFD". What people write in any language stays as it is.
 */
export const printable = (text: string): string => text.replaceAll(COMMANDS, '\uFFFD');

/** C0, DEL and C1; the embeddings, overrides and isolates of UAX #9; line and paragraph separators. */
const COMMANDS = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;
