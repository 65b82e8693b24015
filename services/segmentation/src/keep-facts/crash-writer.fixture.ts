import { FactStore } from './fact-store.ts';
import { crashBatch } from './ticket.fixture.ts';

/** Run as a process: writes batches from the given one on until it is killed, and names each that is durable. */
const [, , dataFolder = '', from = '0'] = process.argv;
const store = await FactStore.open({ dataFolder });
for (let batch = Number(from); ; batch += 1) {
  await store.apply({ tickets: crashBatch(batch) });
  process.stdout.write(`${batch}\n`);
}
