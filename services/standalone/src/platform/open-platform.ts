import { sendTelemetry, systemClock } from '@trebol/chassis';
import { openDataFolder } from './data-folder.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { Platform, PlatformOptions } from './platform.ts';
import { openServices, type RunningServices } from './run-services.ts';
import { openStores, type Stores } from './open-stores.ts';

/** Opens everything on one data folder. Whatever was opened is closed again when a later part fails. */
export async function openPlatform(options: PlatformOptions): Promise<Platform> {
  const folder = await openDataFolder(
    options.dataFolder, { create: options.create, sandbox: options.sandboxFrom !== undefined }
  );
  let stores: Stores | undefined;
  try {
    stores = await openStores(options, folder);
    const memory = new MemoryWatch(systemClock, stores.postgresPid);
    const services = await openServices(options, stores);
    if (options.watchMemory) memory.start();
    return platformOf({ stores, services, memory, release: () => folder.release(), path: folder.path });
  } catch (error) {
    await stores?.close();
    await folder.release();
    throw error;
  }
}

interface Opened {
  readonly stores: Stores;
  readonly services: RunningServices;
  readonly memory: MemoryWatch;
  readonly path: string;
  readonly release: () => Promise<void>;
}

function platformOf({ stores, services, memory, release, path }: Opened): Platform {
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    try {
      await services.stop();
    } finally {
      await memory.stop();
      await stores.close();
      await release();
      await sendTelemetry();
    }
  };
  return {
    url: services.url, dataFolder: path, postgresPid: stores.postgresPid, adminKey: services.adminKey,
    sessionKey: () => services.sessionKey(),
    settled: () => services.settled(),
    verify: (onProgress) => services.verify(onProgress),
    rebuild: (onProgress) => services.rebuild(onProgress),
    peakMemoryBytes: () => memory.peakBytes,
    stop: () => (stopped ??= stopAll()),
  };
}
