/** The program of the floor: `node floor-process.mjs HOST_KEY`, which tells its port to its parent. */
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { pause } from '../waiting.mjs';

/** @type {import('ssh2').ServerChannel[]} */
const channels = [];

/** Sends packets at a pace, and tells the µs of CPU time for each. @param {{ packetBytes: number, perSecond: number, ms: number }} order */
async function send({ packetBytes, perSecond, ms }) {
  const packet = Buffer.alloc(Math.max(1, packetBytes), 'x');
  const before = process.cpuUsage();
  const times = Math.max(1, Math.round((perSecond * ms) / 1000));
  for (let time = 0; time < times; time += 1) {
    for (const channel of channels) channel.write(packet);
    await pause(ms / times);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times / channels.length;
}

const server = new ssh2.Server({ hostKeys: [readFileSync(process.argv[2] ?? '')] }, (client) => {
  client.on('error', () => {});
  client.on('authentication', (context) => context.accept());
  client.on('session', (accept) => {
    const session = accept();
    session.on('pty', (acceptPty) => acceptPty());
    session.on('shell', (acceptShell) => {
      const channel = acceptShell();
      channels.push(channel);
      channel.write('welcome');
    });
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', (/** @type {Parameters<typeof send>[0]} */ order) => {
  void send(order).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
