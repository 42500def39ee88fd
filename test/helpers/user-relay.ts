import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.js';

/** Only root makes processes of other users. */
export const HAS_OTHER_USERS =
  process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

const RELAY = `
  const { connect, createServer } = require('node:net');
  const server = createServer((client) => {
    const onward = connect({ port: Number(process.argv[1]), host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [[client, onward], [onward, client]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** Passes TCP connections on to a port of 127.0.0.1 as another user, which is what `ssh -J` makes of them. */
export class UserRelay implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async open(uid: number, target: number): Promise<UserRelay> {
    const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const command = [process.execPath, '-e', RELAY, String(target)];
    const relay = spawn('setpriv', [...user, ...command], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    relay.stdout.on('data', (data: Buffer) => {
      told += data.toString();
    });
    await eventually('a port of the relay', () => told.endsWith('\n') || relay.exitCode !== null);
    return new UserRelay(relay, Number(told));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }
}
