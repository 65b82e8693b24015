// Where the time of a measured round goes: samples of the JavaScript stack, given to the nearest file of ours, in microseconds for each thing done.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

const SAMPLE_EVERY_MICROSECONDS = 250;
const ROWS_SHOWN = 40;
const OURS = /\/(libs|services)\/([^/]+)\/(?:dist|src)\/(.*)$/;
/** Not in any function of ours: waiting, collecting garbage, native work without a JavaScript caller. */
const OUTSIDE = new Set(['(idle)', '(garbage collector)', '(program)']);

/** Runs `work`; with `file`, its profile is written there and a table of `things` is printed. */
export async function profiled(file, things, work) {
  if (file === undefined) return work();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_MICROSECONDS });
  await session.post('Profiler.start');
  try {
    return await work();
  } finally {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    await writeFile(file, JSON.stringify(profile));
    for (const [part, micros] of byPart(profile, things).slice(0, ROWS_SHOWN)) console.log(`${micros.toFixed(1).padStart(8)} µs  ${part}`);
  }
}

/** @returns {[string, number][]} self time by the nearest file of ours up the stack, largest first */
export function byPart(profile, things) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const partOf = (id) => {
    const { functionName } = nodes.get(id).callFrame;
    if (OUTSIDE.has(functionName)) return functionName;
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const found = OURS.exec(nodes.get(at).callFrame.url);
      if (found) return `${found[2]}/${found[3]}`;
    }
    return '(platform)';
  };
  const parts = new Map();
  for (const [index, id] of profile.samples.entries()) {
    const part = partOf(id);
    parts.set(part, (parts.get(part) ?? 0) + profile.timeDeltas[index]);
  }
  return [...parts].map(([part, total]) => [part, total / things]).sort((a, b) => b[1] - a[1]);
}
