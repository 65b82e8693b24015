import { it } from '@jest/globals';

/** How the title of a stand-in begins; `tools/count-tests.mjs` prints these and counts them as skipped. */
const NOT_RUN = 'not run: ';

/**
 * Stands in a test run for what cannot be tested on this machine, and says what and why: a suite that is silently shorter would count as
 * passed.
 */
export function notRun(what: string): void {
  it(`${NOT_RUN}${what}`, () => { process.stderr.write(`${NOT_RUN}${what}\n`); });
}
