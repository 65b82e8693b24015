import { observedBus, openDataSource, serveProcess } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { BusTransport, openBus } from '@trebol/messaging';
import { segmentationModule } from './app.module.ts';
import { segmentationConfig } from './config.ts';
import { segmentationEntities, segmentationMigrations } from './database.ts';

/** Segmentation as a process of its own: one replica, because DuckDB has one writer. */
await serveProcess('segmentation', segmentationConfig, async ({ config, clock, metrics, crashing, opened, background }) => {
  const busUrl = config.BUS_URL ?? config.DATABASE_URL;
  const bus = observedBus(crashing.bus(opened(
    await openBus({ url: busUrl, clock, topics: Object.values(topics), clientId: 'segmentation' }), (part) => part.close(),
  )), metrics);
  const dataSource = opened(await openDataSource({
    schema: 'segmentation', entities: segmentationEntities, migrations: segmentationMigrations,
    url: config.DATABASE_URL, applicationName: 'trebol segmentation', poolMax: config.TREBOL_POOL_MAX,
  }), (part) => part.destroy());
  background.add('bus maintenance', bus.maintenance);
  return {
    dataSource, transport: new BusTransport(bus),
    module: segmentationModule({ clock, dataSource, dataFolder: config.TREBOL_DATA }),
  };
});
