// The points ledger and its read models on a bench's database, without HTTP and the other services.
import { defaultProgramme, openDataSource, systemClock, walletPolicies } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { PostgresEventStore } from '@trebol/event-store';
import { ledgerEntities, ledgerMigrations, ledgerServices } from '@trebol/ledger';
import { PostgresBus } from '@trebol/messaging';
import { createPointsLedger, lotIdOf } from '@trebol/points';

const COMMANDS_PER_CALL = 1_000;
const WALLETS_CACHED = 50_000;

/** `clock`: the ledger's; the log and the bus keep real time. */
export async function openLedger(url, clock = systemClock) {
  const eventStore = await PostgresEventStore.open({ url, clock: systemClock });
  const bus = await PostgresBus.open({ url, clock: systemClock, topics: [topics.pointsEntry, topics.pointsBalance] });
  const dataSource = await openDataSource({ url, schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations, poolMax: 8, applicationName: 'bench' });
  const policyOf = walletPolicies(defaultProgramme);
  const ledger = createPointsLedger({ store: eventStore, clock, cacheMax: WALLETS_CACHED, policyOf });
  const services = ledgerServices({ clock, dataSource, eventStore, bus, ledger, programme: defaultProgramme });
  return {
    eventStore, dataSource, ledger, services,
    close: async () => {
      await services.projector.stop();
      await bus.close();
      await eventStore.close();
      await dataSource.destroy();
    },
  };
}

export const walletOf = (n) => ({
  tenant: 'main', programme: defaultProgramme.id, pointType: defaultProgramme.currency, member: `mbr_${String(n).padStart(32, '0')}`,
});

/** One earning of 100 points, spendable at once. */
export function earning(wallet, ticket, { at, expiresAt }) {
  const source = { kind: 'ticket', key: ticket };
  const validThrough = new Date(expiresAt - 1).toISOString().slice(0, 10);
  return {
    wallet,
    command: {
      type: 'EarnPoints', commandId: ticket, occurredAt: at, source, contentHash: ticket, explanation: '[]',
      lots: [{ lotId: lotIdOf(source, 0), points: 100, availableFrom: at, expiresAt, validThrough }],
    },
  };
}

/** Sends commands in batches; a refusal is a fault of the bench. */
export async function sendAll(ledger, commands) {
  for (let from = 0; from < commands.length; from += COMMANDS_PER_CALL) {
    const outcomes = await ledger.handleMany(commands.slice(from, from + COMMANDS_PER_CALL));
    const bad = outcomes.find(({ status }) => status !== 'accepted');
    if (bad) throw new Error(`the ledger did not take it: ${JSON.stringify(bad)}`);
  }
}

/** Runs the projector until the read models cover the log, and proves them. */
export async function proven({ services }) {
  await services.projector.catchUp();
  const { difference, events } = await services.verify.run();
  if (difference) throw new Error(`the run has no result: ${difference.message}`);
  return events;
}
