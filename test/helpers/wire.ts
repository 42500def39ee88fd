import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A network between clients and a server on this machine that can fail as networks do. */
export class Wire implements AsyncDisposable {
  readonly #server: Server;
  readonly #toServer: Socket[] = [];
  readonly #toClients: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param port where the server listens, on 127.0.0.1 */
  static async to(port: number): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true });
    const wire = new Wire(server);
    server.on('connection', (toClient) => {
      const toServer = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      for (const socket of [toClient, toServer]) socket.on('error', () => undefined);
      toClient.pipe(toServer).pipe(toClient);
      wire.#toServer.push(toServer);
      wire.#toClients.push(toClient);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  /** Where clients connect, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The server gets a FIN from each client, which is not what the client sent. */
  finish(): void {
    for (const socket of this.#toServer) socket.end();
  }

  /** Both sides of each connection get a RST. */
  cut(): void {
    for (const socket of [...this.#toServer, ...this.#toClients]) socket.resetAndDestroy();
  }

  /** From now on nothing gets through, in neither direction, and nobody is told. */
  goDead(): void {
    for (const socket of [...this.#toServer, ...this.#toClients]) {
      socket.unpipe();
      socket.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
