// Adds up Jest's JSON reports of a folder and prints the closing line of .ci/run, after what this machine could not test: a stand-in with the
// title `not run: …` (libs/testing) is skipped, not passed. Exit 1 when no test ran or one failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const NOT_RUN = 'not run: ';

const folder = process.argv[2];
const total = { passed: 0, failed: 0, skipped: 0 };
const notRun = new Set();
for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const standIns = report.testResults.flatMap((suite) => suite.assertionResults).map(({ title }) => title).filter((title) => title.startsWith(NOT_RUN));
  for (const title of standIns) notRun.add(title);
  total.passed += report.numPassedTests - standIns.length;
  total.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  total.skipped += report.numPendingTests + report.numTodoTests + standIns.length;
}
for (const title of notRun) console.log(title);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.passed > 0 && total.failed === 0 ? 0 : 1);
