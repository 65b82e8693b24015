// node tools/bench/report.mjs FILE …: writes the figures of `npm run bench -- --json FILE` into docs/performance.md, between its two markers.
// Of several files a later one replaces the scenarios of an earlier one; every file's conditions are listed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROWS } from './report-rows.mjs';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const [BEGIN, END] = ['<!-- figures: begin (written by tools/bench/report.mjs) -->', '<!-- figures: end -->'];
const ROUNDS_MIN = 5;
const OPEN = 'to be measured';

/** The table and the conditions; a scenario that no run has says so. */
export function section(runs) {
  const figures = Object.assign({}, ...runs.map((run) => run.figures));
  const rows = ROWS.map(({ row, scenario, what, goal, ...says }) => {
    const found = figures[scenario];
    const said = found?.refused ?? (found?.skipped ? 'not run: no npm registry' : undefined);
    const cells = found === undefined || said !== undefined ? [said ?? OPEN, OPEN, ''] : [says.figure(found), says.ratio(found), says.beside(found)];
    return `| ${[row, what, goal, ...cells, scenario === 'none' ? 'no scenario' : `\`npm run bench -- ${scenario}\``].join(' | ')} |`;
  });
  return [
    '| row | what | goal | figure | ratio to, in the same run | beside | how to reproduce |', '|---|---|---|---|---|---|---|', ...rows, '',
    '† spread over 15 %: not to be quoted.', '', ...runs.map(conditions),
  ].join('\n');
}

function conditions({ machine, rounds, figures }) {
  const few = rounds < ROUNDS_MIN || machine.smoke ? ` **Smoke, or fewer than ${ROUNDS_MIN} rounds: a trial, nothing of it is to be quoted.**` : '';
  return `- ${Object.keys(figures).join(', ') || 'nothing yet'}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, kernel ${machine.kernel}, Node ${machine.node}, PostgreSQL ${
    machine.postgres}, seed ${machine.seed}, revision ${machine.revision}, ${rounds} rounds, ${machine.at.slice(0, 10)}, load of the minute before ${machine.loadBefore}.${few}`;
}

/** The page with the section in place of what stands between the markers. */
export function placed(page, text) {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/performance.md has lost its markers');
  return `${page.slice(0, from + BEGIN.length)}\n${text}\n${page.slice(to)}`;
}

if (process.argv[1] === import.meta.filename) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    process.stderr.write('node tools/bench/report.mjs FILE …: files of `npm run bench -- --json FILE`\n');
    process.exit(2);
  }
  writeFileSync(PAGE, placed(readFileSync(PAGE, 'utf8'), section(files.map((file) => JSON.parse(readFileSync(file, 'utf8'))))));
}
