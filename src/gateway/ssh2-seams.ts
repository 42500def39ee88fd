import type { Socket } from 'node:net';
import type { ServerChannel, Session, Connection as SshClient } from 'ssh2';
import { InvariantError } from '../base/errors.js';

/**
 * The parts of ssh2 1.17.0 that the gateway needs and that ssh2 does not publish, in one place. The
 * version is pinned; `hardenClient` throws where a changed ssh2 no longer has them.
 */
interface ClientParts {
  readonly _sock: Socket;
  readonly _chanMgr: { get(id: number): unknown; remove(id: number): void };
  readonly _protocol: {
    readonly _handlers: Partial<Handlers>;
    /** Packets held back until a key exchange is through. */
    readonly _queue: readonly Uint8Array[] | undefined;
    readonly _decipher: { readonly _len: number };
    channelFailure(clientId: number): void;
    channelClose(clientId: number): void;
    channelOpenFail(clientId: number, reason: number, description: string): void;
  };
}

interface Handlers {
  CHANNEL_OPEN: (protocol: unknown, info: { sender: number; packetSize: number }) => void;
  CHANNEL_REQUEST: (protocol: unknown, id: number, ...rest: ChannelRequest) => void;
}

type ChannelRequest = [type: string, wantsReply: boolean, details: unknown];

interface SessionParts {
  readonly _channel: unknown;
  readonly _ending: boolean;
  readonly _chanInfo: {
    readonly incoming: { readonly id: number };
    readonly outgoing: { readonly id: number };
  };
}

/** RFC 4254 §5.1, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const PROHIBITED = 1;

/** Below this ssh2 sends a packet per few bytes, and with 0 its write loop never ends. */
const MIN_PACKET_BYTES = 1024;

/** The TCP socket of an SSH client. */
export function socketOf(sshClient: SshClient): Socket {
  return partsOf(sshClient)._sock;
}

/** Whether a client's error is that it left `keepaliveCountMax` questions unanswered. */
export function isAliveTimeout(error: Error): boolean {
  return 'level' in error && error.level === 'client-timeout';
}

/** Bytes that wait inside ssh2 for the end of a key exchange. */
export function bytesHeldForRekey(sshClient: SshClient): number {
  const held = partsOf(sshClient)._protocol._queue ?? [];
  return held.reduce((total, packet) => total + packet.length, 0);
}

/** How long the packet is that the client is sending; ssh2 keeps all of it in memory from the start. */
export function incomingPacketBytes(sshClient: SshClient): number {
  return partsOf(sshClient)._protocol._decipher._len;
}

/** How many bytes the client allows us to send on a channel before it must say more. */
export function sendWindowOf(channel: ServerChannel): number {
  return (channel.outgoing as { readonly window: number }).window;
}

/**
 * Closes what ssh2 leaves open: channels with a uselessly small packet size are refused, and
 * requests on a started or ended channel are answered (ssh2 leaves the client waiting).
 *
 * @throws InvariantError when this is not the ssh2 that was pinned.
 */
export function hardenClient(sshClient: SshClient): void {
  const { _chanMgr: channels, _protocol: protocol } = partsOf(sshClient);
  const { CHANNEL_OPEN: open, CHANNEL_REQUEST: request } = protocol._handlers;
  if (open === undefined || request === undefined) {
    throw new InvariantError('ssh2 has changed: its channel handlers are not where they were');
  }
  protocol._handlers.CHANNEL_OPEN = (self, info) => {
    if (info.packetSize >= MIN_PACKET_BYTES) open(self, info);
    else protocol.channelOpenFail(info.sender, PROHIBITED, 'maximum packet size too small');
  };
  protocol._handlers.CHANNEL_REQUEST = (self, id, ...rest) => {
    const [, wantsReply] = rest;
    const session = channels.get(id) as Partial<SessionParts> | undefined;
    if (wantsReply && session?._chanInfo && (session._channel !== undefined || session._ending)) {
      protocol.channelFailure(session._chanInfo.outgoing.id);
    } else {
      request(self, id, ...rest);
    }
  };
}

/** Answers the close of a session on which nothing was started; ssh2 forgets to, and keeps it. */
export function closeUnstarted(sshClient: SshClient, session: Session): void {
  const { _channel: channel, _chanInfo: info } = session as unknown as SessionParts;
  if (channel !== undefined) return;
  const { _chanMgr: channels, _protocol: protocol } = partsOf(sshClient);
  protocol.channelClose(info.outgoing.id);
  channels.remove(info.incoming.id);
}

function partsOf(sshClient: SshClient): ClientParts {
  return sshClient as unknown as ClientParts;
}
