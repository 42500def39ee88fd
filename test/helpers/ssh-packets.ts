import type { Random } from './random.js';
import { bytes, MESSAGE, sshString, uint32 } from './raw-ssh-client.js';

/** Numbers at the edges of what parsers and counters take. */
const EDGES = [0, 1, 7, 1023, 32_768, 35_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
/**
 * Longer than what the gateway takes before a login, shorter than what everybody must take (RFC
 * 4253 §6.1).
 */
const LONG = 34_000;

const SIZES = [80, 24, 640, 480].map(uint32);
const CHANNEL = uint32(0);

function join(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return sshString(part);
      return typeof part === 'number' ? bytes(part) : part;
    }),
  );
}

function userauth(
  login: string,
  method: string,
  ...rest: (string | number | Uint8Array)[]
): Buffer {
  return join(MESSAGE.userauthRequest, login, 'ssh-connection', method, ...rest);
}

function onChannel(type: string, ...rest: (string | number | Uint8Array)[]): Buffer {
  return join(MESSAGE.channelRequest, CHANNEL, type, 1, ...rest);
}

const GENERAL = [
  join(MESSAGE.ignore, 'data'),
  join(3, uint32(1)),
  join(MESSAGE.debug, 1, 'text', 'en'),
  join(7, uint32(2), 'ext-info-in-auth@openssh.com', '0', 'server-sig-algs', 'a,b'),
  join(MESSAGE.disconnect, uint32(2), 'text', ''),
];

/** Valid packets of a client that has not logged in. */
export function packetsBeforeLogin(blob: Buffer): readonly Buffer[] {
  const signature = join('ssh-ed25519', Buffer.concat([uint32(64), Buffer.alloc(64, 1)]));
  return [
    ...GENERAL,
    userauth('pair', 'none'),
    userauth('pair', 'password', 0, 'secret'),
    userauth('pair', 'password', 1, 'secret', 'other'),
    userauth('pair', 'keyboard-interactive', '', 'pam,otp'),
    userauth('pair', 'hostbased', 'ssh-ed25519', sshString(blob), 'host', 'user', signature),
    userauth('pair', 'publickey', 0, 'ssh-ed25519', sshString(blob)),
    userauth('pair', 'publickey', 0, 'rsa-sha2-512', sshString(blob)),
    userauth('pair', 'publickey', 1, 'ssh-ed25519', sshString(blob), sshString(signature)),
    userauth('pair', 'publickey', 1, 'ecdsa-sha2-nistp256', sshString(blob), sshString(signature)),
    userauth('pair', 'publickey', 1, 'ssh-ed25519-cert-v01@openssh.com', sshString(blob), 'x'),
    join(MESSAGE.serviceRequest, 'ssh-userauth'),
    join(MESSAGE.userauthInfoResponse, uint32(1), 'answer'),
  ];
}

/** Valid packets of a client that has logged in, and perhaps opened channel 0. */
export function packetsAfterLogin(): readonly Buffer[] {
  const modes = Buffer.from([1, 0, 0, 0, 3, 53, 0, 0, 0, 1, 0]);
  const ids = [CHANNEL, uint32(2 ** 21), uint32(32_768)];
  return [
    ...GENERAL,
    join(MESSAGE.globalRequest, 'keepalive@openssh.com', 1),
    join(MESSAGE.globalRequest, 'tcpip-forward', 1, '127.0.0.1', uint32(0)),
    join(MESSAGE.globalRequest, 'streamlocal-forward@openssh.com', 1, '/tmp/socket'),
    join(MESSAGE.globalRequest, 'hostkeys-00@openssh.com', 0, sshString(join('ssh-ed25519', 'x'))),
    join(MESSAGE.globalRequest, 'no-more-sessions@openssh.com', 1),
    join(MESSAGE.requestFailure),
    join(MESSAGE.channelOpen, 'session', ...ids),
    join(MESSAGE.channelOpen, 'direct-tcpip', ...ids, 'host', uint32(80), '127.0.0.1', uint32(1)),
    join(MESSAGE.channelOpen, 'direct-streamlocal@openssh.com', ...ids, '/tmp/s', '', uint32(0)),
    join(MESSAGE.channelOpen, 'x11', ...ids, '127.0.0.1', uint32(1)),
    join(MESSAGE.channelWindowAdjust, CHANNEL, uint32(1000)),
    join(MESSAGE.channelData, CHANNEL, 'typed'),
    join(95, CHANNEL, uint32(1), 'typed'),
    join(MESSAGE.channelEof, CHANNEL),
    join(MESSAGE.channelClose, CHANNEL),
    join(MESSAGE.channelSuccess, CHANNEL),
    join(MESSAGE.channelFailure, CHANNEL),
    onChannel('pty-req', 'xterm', ...SIZES, sshString(modes)),
    onChannel('window-change', ...SIZES),
    onChannel('env', 'LANG', 'C'),
    onChannel('exec', 'who'),
    onChannel('subsystem', 'sftp'),
    onChannel('signal', 'INT'),
    onChannel('x11-req', 0, 'MIT-MAGIC-COOKIE-1', '00', uint32(0)),
    onChannel('auth-agent-req@openssh.com'),
    onChannel('exit-status', uint32(0)),
    onChannel('exit-signal', 'TERM', 0, 'text', 'en'),
    onChannel('xon-xoff', 1),
    onChannel('winadj@putty.projects.tartarus.org'),
  ];
}

/** One packet: mostly a valid one with a few bytes changed, else as it is, or any bytes at all. */
export function fuzzPacket(random: Random, valid: readonly Buffer[]): Buffer {
  const kind = random.below(10);
  if (kind === 0) return random.bytes(1 + random.below(random.below(20) === 0 ? LONG : 200));
  let packet: Buffer = Buffer.from(random.pick(valid));
  if (kind === 1) return packet;
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    packet = mutate(random, packet);
  }
  return packet.subarray(0, LONG);
}

function mutate(random: Random, packet: Buffer): Buffer {
  const at = 1 + random.below(packet.length);
  const [head, tail] = [packet.subarray(0, at), packet.subarray(at)];
  switch (random.below(6)) {
    case 0:
      return head;
    case 1:
      return Buffer.concat([head, random.bytes(1), tail.subarray(1)]);
    case 2:
      return Buffer.concat([head, uint32(random.pick(EDGES)), tail.subarray(4)]);
    case 3:
      return Buffer.concat([head, random.bytes(random.below(40)), tail]);
    case 4:
      return Buffer.concat([head, tail, tail]);
    default:
      return Buffer.concat([bytes(random.below(256)), packet.subarray(1)]);
  }
}
