import { startEventStoreRig } from './start.ts';

/** The last version under a BSD licence; the other name is its build for ARM. */
const IMAGE = process.arch === 'arm64' ? 'eventstore/eventstore:24.6.0-alpha-arm64v8' : 'eventstore/eventstore:24.6.0-jammy';
const PORT = 2113;

/** A server to test against, and what ends it. Stream names must be fresh in every run: it may have been used before. */
export interface EventStoreServer {
  readonly url: string;
  /** What it is: `given` by TREBOL_TEST_EVENT_STORE_URL, a `container`, or the `rig`. */
  readonly kind: 'given' | 'container' | 'rig';
  /** The next append is carried out and the connection cut instead of an answer. Undefined at a real server, which we cannot ask for that. */
  readonly loseNextAnswer: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

/** The server that TREBOL_TEST_EVENT_STORE_URL names, else a rig. */
export async function anyEventStore(options: { folder?: string } = {}): Promise<EventStoreServer> {
  const url = process.env['TREBOL_TEST_EVENT_STORE_URL'];
  if (url) return { url, kind: 'given', loseNextAnswer: undefined, stop: async () => undefined };
  const rig = await startEventStoreRig(options);
  return { url: rig.url, kind: 'rig', loseNextAnswer: () => rig.faults.set({ cutAfterApply: 1 }), stop: rig.stop };
}

/** The same, but a real server in a container where a Docker engine answers and can get the image. Says which one it is. */
export async function realEventStore(options: { folder?: string } = {}): Promise<EventStoreServer> {
  const server = process.env['TREBOL_TEST_EVENT_STORE_URL'] ? undefined : await inContainer();
  const chosen = server ?? await anyEventStore(options);
  process.stderr.write(`event store under test: ${chosen.kind}\n`);
  return chosen;
}

async function inContainer(): Promise<EventStoreServer | undefined> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  try {
    await getContainerRuntimeClient();
    const leading = Wait.forHttp('/info', PORT).forResponsePredicate((info) => info.includes('"state":"leader"'));
    const container = await new GenericContainer(IMAGE)
      .withCommand(['--insecure', '--run-projections=None']).withExposedPorts(PORT).withWaitStrategy(leading).start();
    const url = `esdb://${container.getHost()}:${container.getMappedPort(PORT)}?tls=false`;
    return { url, kind: 'container', loseNextAnswer: undefined, stop: async () => { await container.stop(); } };
  } catch (error) {
    process.stderr.write(`no event store in a container: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}
