// The rig's own process: started by start.ts, told its faults by messages, killed like a server.
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';

import { append, batchAppend } from './append-calls.ts';
import { EventLog } from './event-log.ts';
import type { Faults, Order, Report } from './faults.ts';
import { read } from './read-calls.ts';
import { supportedMethods } from './wire.ts';

const [, , port = '0', folder] = process.argv;
const log = await EventLog.open(folder);
const faults: Faults = {};
const sockets = new Map<string, Socket>();
const parts = { log, faults, cut: (peer: string) => { sockets.get(peer)?.destroy(); } };

const grpc = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
grpc.addService(streams.StreamsService, {
  read: (call: Parameters<typeof read>[0]) => { void read(call, log); },
  append: (call: Parameters<typeof append>[0], done: Parameters<typeof append>[1]) => { append(call, done, parts); },
  batchAppend: (call: Parameters<typeof batchAppend>[0]) => { batchAppend(call, parts); },
  delete: (_call: unknown, done: (error: Error) => void) => { done(new Error('the rig deletes nothing')); },
  tombstone: (_call: unknown, done: (error: Error) => void) => { done(new Error('the rig deletes nothing')); },
});
grpc.addService(features.ServerFeaturesService, {
  getSupportedMethods: (_call: unknown, done: (error: null, answer: ReturnType<typeof supportedMethods>) => void) => { done(null, supportedMethods()); },
});

// The sockets are the rig's own, so that it can cut one in the middle of a call.
const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
const server = createServer((socket) => {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
  sockets.set(peer, socket);
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('close', () => { sockets.delete(peer); });
  injector.injectConnection(socket);
});

const report = (message: Report): void => { process.send?.(message); };
process.on('message', (order: Order) => {
  if (order.order === 'cut') {
    for (const socket of sockets.values()) socket.destroy();
  } else {
    for (const name of Object.keys(faults) as (keyof Faults)[]) delete faults[name];
    Object.assign(faults, order.faults);
  }
  report({ done: order.n });
});
process.on('disconnect', () => { process.exit(0); }); // a test that died takes its server with it

server.listen(Number(port), '127.0.0.1', () => { report({ port: (server.address() as AddressInfo).port }); });
