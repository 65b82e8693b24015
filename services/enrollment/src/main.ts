import { accessDatabase, observedBus, openDataSource, serveProcess } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { BusTransport, openBus } from '@trebol/messaging';
import { enrollmentModule } from './app.module.ts';
import { enrollmentConfig } from './config.ts';
import { enrollmentDatabase } from './database.ts';
import { MemberRelay } from './publish-changes/member-relay.ts';

/** Connections for API keys, which are looked up once a minute and made now and then. */
const KEY_CONNECTIONS = 2;

/** Enrollment as a process of its own. */
await serveProcess('enrollment', enrollmentConfig, async ({ config, clock, metrics, ids, crashing, opened, background }) => {
  const busUrl = config.BUS_URL ?? config.DATABASE_URL;
  const bus = observedBus(crashing.bus(opened(
    await openBus({ url: busUrl, clock, topics: Object.values(topics), clientId: 'enrollment' }), (part) => part.close(),
  )), metrics);
  const dataSource = opened(await openDataSource({
    ...enrollmentDatabase, url: config.DATABASE_URL, applicationName: 'trebol enrollment', poolMax: config.TREBOL_POOL_MAX,
  }), (part) => part.destroy());
  const access = config.TREBOL_ACCESS_URL === undefined ? undefined : opened(await openDataSource({
    ...accessDatabase, url: config.TREBOL_ACCESS_URL, applicationName: 'trebol keys', poolMax: KEY_CONNECTIONS,
  }), (part) => part.destroy());
  background.add('bus maintenance', bus.maintenance);
  return {
    dataSource, access, transport: new BusTransport(bus),
    module: enrollmentModule({ clock, ids, bus, dataSource, identifierKey: config.TREBOL_IDENTIFIER_KEY }),
    drive: (app) => app.get(MemberRelay).drain(),
  };
});
