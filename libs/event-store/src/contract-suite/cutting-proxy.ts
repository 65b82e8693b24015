import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes bytes on, and cuts a connection instead of passing on the server's answer to what `cutAfter` matches. */
export class CuttingProxy {
  cutAfter: RegExp | undefined;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(target: URL) {
    this.server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      let cutting = false;
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => { client.destroy(); upstream.destroy(); });
      }
      client.on('data', (bytes) => {
        cutting ||= this.cutAfter?.test(bytes.toString('latin1')) === true;
        if (cutting) this.cutAfter = undefined;
        upstream.write(bytes);
      });
      upstream.on('data', (bytes) => {
        if (cutting) client.destroy();
        else client.write(bytes);
      });
    });
  }

  /** The port of 127.0.0.1 it listens on. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return (this.server.address() as AddressInfo).port;
  }

  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}
