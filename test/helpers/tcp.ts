import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';

/** A bare TCP connection to 127.0.0.1, and all that came over it. */
export class Tcp implements AsyncDisposable {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received = '';

  /** @param from the address it comes from, such as 127.0.0.2: each counts as a source of its own */
  constructor(port: number, from = '127.0.0.1') {
    const options = { port, host: '127.0.0.1', localAddress: from, noDelay: true };
    this.socket = connect({ ...options, allowHalfOpen: true });
    this.socket.on('error', () => undefined);
    this.socket.on('end', () => this.socket.end());
    this.closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('data', (data: Buffer) => {
      this.received += data.toString('latin1');
    });
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  async sees(text: string): Promise<void> {
    await eventually(
      text,
      () => this.received.includes(text),
      () => this.received,
    );
  }

  /** All that came until the other side ended. */
  async read(): Promise<string> {
    await this.closed;
    return this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}

/**
 * How many connect at a time: more would overflow the listener's queue, and wait for seconds
 * (listen(2)).
 */
const WAVE = 200;

/** Many connections at once. */
export class TcpCrowd implements AsyncDisposable {
  readonly members: readonly Tcp[];

  private constructor(members: readonly Tcp[]) {
    this.members = members;
  }

  /** Connects `size` times; each has heard something, or is closed. */
  static async open(size: number, port: number, from?: string): Promise<TcpCrowd> {
    const members: Tcp[] = [];
    while (members.length < size) {
      const length = Math.min(WAVE, size - members.length);
      const wave = Array.from({ length }, () => new Tcp(port, from));
      members.push(...wave);
      const isAnswered = ({ received, isClosed }: Tcp): boolean => received !== '' || isClosed;
      await eventually('every connection of the wave is answered', () => wave.every(isAnswered));
    }
    return new TcpCrowd(members);
  }

  /** How many of them got `text`. */
  count(text: string): number {
    return this.members.filter(({ received }) => received.includes(text)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
  }
}
