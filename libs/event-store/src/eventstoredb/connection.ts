import { EventStoreDBClient } from '@eventstore/db-client';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';

export type BatchCall = ReturnType<StreamsClient['batchAppend']>;
export type ReadCall = ReturnType<StreamsClient['read']>;
type CallArguments = Parameters<StreamsClient['batchAppend']>;

/** Keepalive ping answers are waited for so long, in milliseconds, unless the connection string says otherwise: half of the client's 10 s. */
const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/**
 * What the client keeps for its own methods: finding the node, credentials, and reconnecting to another leader. They are `protected` in
 * its types; the client is pinned to one version.
 */
interface Inside {
  GRPCStreamCreator<T>(client: unknown, name: string, make: (client: StreamsClient) => T): () => Promise<T>;
  callArguments(options: { requiresLeader?: boolean }, call: { deadline: number }): CallArguments;
  createDeadline(milliseconds: number): Date;
}

/**
 * One connection to EventStoreDB. The client finds the server, keeps the connection and knows the credentials. The calls are made here,
 * with the modules it ships, for three reasons. Its appends of all connections share one table of answers: when one connection breaks, the
 * answers of the others end the process with a TypeError. An append whose call the server ends without an error never settles.
 * And its reads parse JSON, which does not give a text back as it was.
 */
export class Connection {
  private readonly client: EventStoreDBClient;
  private readonly inside: Inside;

  constructor(url: string) {
    this.client = EventStoreDBClient.connectionString(toClientUrl(url));
    this.inside = this.client as unknown as Inside;
  }

  /** A call for many appends. */
  batchAppend(): Promise<BatchCall> {
    const make = this.inside.GRPCStreamCreator(streamsGrpc.StreamsClient, 'trebol append', (client) =>
      client.batchAppend(...this.inside.callArguments({ requiresLeader: true }, { deadline: Infinity })));
    return make();
  }

  /** A read or a subscription. The caller ends it. */
  read(request: ReadReq): Promise<ReadCall> {
    const make = this.inside.GRPCStreamCreator(streamsGrpc.StreamsClient, 'trebol read', (client) => {
      const [metadata, options] = this.inside.callArguments({}, { deadline: Infinity });
      return client.read(request, metadata, options);
    });
    return make();
  }

  /** An instant of the real clock, as the server's deadlines want it. */
  deadline(milliseconds: number): Date {
    return this.inside.createDeadline(milliseconds);
  }

  /** Without it the process never exits. */
  close(): Promise<void> {
    return this.client.dispose();
  }
}

/** The client knows only the scheme `esdb`; KurrentDB's own names the same protocol. */
export function toClientUrl(url: string): string {
  const own = url.trim().replace(/^kurrentdb(\+discover)?:/, 'esdb$1:');
  if (/[?&]keepAliveTimeout=/i.test(own)) return own;
  return `${own}${own.includes('?') ? '&' : '?'}keepAliveTimeout=${KEEP_ALIVE_TIMEOUT_MS}`;
}
