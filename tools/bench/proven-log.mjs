// What every scenario that writes to the log is held to: each append is written, and the log and its hash chain are whole at the end.
import { checkChain, checkLog } from '@trebol/event-store';

/** Appends a batch; an append that conflicts or has no answer ends the run, because it would count as throughput. */
export async function appendAll(store, batch) {
  const outcomes = await store.append(batch, 'bulk');
  const lost = outcomes.find(({ status }) => status !== 'appended');
  if (lost) throw new Error(`the run has no result: an append was answered "${lost.status}"`);
}

/** Recomputes positions, revisions and the chain of a log; a difference ends the run. */
export async function logProven({ url, schema }) {
  const options = { url, ...(schema === undefined ? {} : { schema }) };
  const [difference] = [...await checkLog({ ...options, differencesMax: 1 }), ...await checkChain(options)];
  if (difference) throw new Error(`the run has no result: ${JSON.stringify(difference)}`);
}
