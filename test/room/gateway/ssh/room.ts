import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Disposal } from '../../../../src/base/disposal.js';
import { EXIT, type ExitCode } from '../../../../src/base/exit-codes.js';
import { attachmentId, engineerName } from '../../../../src/base/ids.js';
import { LoopShare } from '../../../../src/base/loop-share.js';
import type { TerminalSize } from '../../../../src/base/terminal-size.js';
import type { KnownKey } from '../../../../src/gateway/access/grant-store.js';
import { parsePublicKey } from '../../../../src/gateway/access/public-key.js';
import { noAccess } from '../../../../src/gateway/access/session-access.js';
import type {
  Attachment,
  AttachmentEnd,
  AttachRequest,
  DeniedAttachment,
} from '../../../../src/gateway/attachments/attachment.js';
import {
  type EndReason,
  exitCodeFor,
  farewell,
} from '../../../../src/gateway/attachments/farewell.js';
import type { CommandOutcome } from '../../../../src/gateway/commands/command-outcome.js';
import type { SshCommand } from '../../../../src/gateway/commands/ssh-commands.js';
import { Gateway, type GatewayOptions } from '../../../../src/gateway/ssh/gateway.js';
import { type HostKey, readHostKeys } from '../../../../src/gateway/ssh/host-keys.js';
import type { KeyExchangeLimits } from '../../../../src/gateway/ssh/key-exchanges.js';
import type { ConnectionAccess } from '../../../../src/gateway/ssh/logins.js';
import { type GatewayLimits, gatewaySchema } from '../../../../src/gateway/ssh/schema.js';
import { openLogger } from '../../../../src/log/logger.js';
import { eventually } from '../../../helpers/eventually.js';
import type { SshTarget } from '../../../helpers/ssh-client.js';
import { type KeyPair, makeKeyPair } from '../../../helpers/ssh-keys.js';

/** An attachment that echoes what it gets, and writes down what happens to it. */
export class EchoAttachment implements Attachment {
  readonly id = attachmentId(1);
  readonly request: AttachRequest;
  readonly ended: Promise<AttachmentEnd>;
  readonly received: Uint8Array[] = [];
  readonly sizes: TerminalSize[] = [];
  readonly blocks: boolean[] = [];
  isDisconnected = false;
  /** What `receive` answers. */
  wantsMore = true;
  #settle: (end: AttachmentEnd) => void = () => undefined;

  constructor(request: AttachRequest) {
    this.request = request;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    request.terminal.onBlocked((isBlocked) => this.blocks.push(isBlocked));
    const { cols, rows } = request.size;
    this.write(`attached ${request.session} ${request.caller.engineer} ${cols}x${rows}\r\n`);
  }

  write(text: string | Uint8Array): void {
    this.request.terminal.write(Buffer.from(text));
  }

  receive(bytes: Uint8Array): boolean {
    this.received.push(bytes);
    this.write(bytes);
    return this.wantsMore;
  }

  resize(size: TerminalSize): void {
    this.sizes.push(size);
  }

  disconnect(reason: EndReason): void {
    this.isDisconnected = true;
    if (reason !== 'disconnected') this.write(farewell(reason, this.request.session, false));
    this.end(exitCodeFor(reason));
  }

  end(exitCode: ExitCode): void {
    this.#settle({ exitCode });
  }
}

type Opened = EchoAttachment | DeniedAttachment;

/** What a test changes about the room. */
export interface RoomParts {
  readonly limits?: Partial<GatewayLimits>;
  readonly listen?: GatewayOptions['listen'];
  readonly keyExchangeLimits?: KeyExchangeLimits;
  readonly attach?: (request: AttachRequest) => Promise<Opened>;
  readonly execute?: (command: SshCommand) => Promise<CommandOutcome>;
  /** Called when somebody got in. */
  readonly onAuthenticated?: () => void;
  /** What engineers may do in the session that they log in to; admin of any unless told otherwise. */
  readonly decide?: ConnectionAccess['decide'];
  /** Which users of this machine clients run as; without it each address is a source of its own. */
  readonly localPeers?: GatewayOptions['localPeers'];
  /** Leaves clients held until the test calls `gateway.accept()`. */
  readonly isHeld?: boolean;
}

export type Line = Readonly<Record<string, unknown>>;

/** A gateway on a free port, with one known key, and everything it said. */
export class GatewayRoom implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly directory: string;
  /** The key of engineer `ada`. */
  readonly key: KeyPair;
  readonly log: Line[];
  readonly audit: Line[];
  readonly attachments: EchoAttachment[];
  readonly commands: SshCommand[];
  readonly #known: Map<string, KnownKey>;
  readonly #listeners: Set<() => void>;
  readonly #disposal: Disposal;

  constructor(parts: Pick<GatewayRoom, Exclude<Fields, 'port'>>, inner: Inner) {
    this.gateway = parts.gateway;
    this.directory = parts.directory;
    this.key = parts.key;
    this.log = parts.log;
    this.audit = parts.audit;
    this.attachments = parts.attachments;
    this.commands = parts.commands;
    this.#known = inner.known;
    this.#listeners = inner.listeners;
    this.#disposal = inner.disposal;
  }

  static async open(parts: RoomParts = {}): Promise<GatewayRoom> {
    const disposal = new Disposal();
    const directory = await mkdtemp(join(tmpdir(), 'triad-gateway-'));
    disposal.defer(() => rm(directory, { recursive: true, force: true }));
    try {
      return await GatewayRoom.#openIn(directory, disposal, parts);
    } catch (error) {
      await disposal.close();
      throw error;
    }
  }

  static async #openIn(
    directory: string,
    disposal: Disposal,
    parts: RoomParts,
  ): Promise<GatewayRoom> {
    const key = await makeKeyPair(directory, 'ada');
    const known = new Map<string, KnownKey>();
    const listeners = new Set<() => void>();
    const facts = { directory, key, ...recorders() };
    const gateway = await Gateway.listen(await optionsOf(facts, { known, listeners, parts }));
    disposal.defer(() => gateway.close());
    const room = new GatewayRoom({ ...facts, gateway }, { known, listeners, disposal });
    room.trust(key, 'ada');
    if (parts.isHeld !== true) gateway.accept();
    return room;
  }

  get port(): number {
    return this.gateway.addresses[0]?.port ?? 0;
  }

  /** For a stock client with the known key. */
  get target(): SshTarget {
    return { port: this.port, keyPath: this.key.path };
  }

  /** Makes a key known. */
  trust(pair: Pick<KeyPair, 'type' | 'blob'>, engineer: string): void {
    const key = parsePublicKey(pair.type, pair.blob.toString('base64'));
    if ('problem' in key) throw new Error(key.problem);
    this.#known.set(key.blob.toString('hex'), { engineer: engineerName(engineer), key });
  }

  /** What `decide` answers is another thing from now on. */
  changeAccess(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The log's decisions about authentication. */
  get decisions(): readonly Line[] {
    return this.log.filter((line) => line['msg'] === 'authentication decided');
  }

  /** Why connections ended, in the order of their ends. */
  get endReasons(): readonly unknown[] {
    return this.log
      .filter((line) => line['msg'] === 'connection closed')
      .map((line) => line['reason']);
  }

  /** Waits until the log tells of the ends of so many connections, all in all. @returns why they ended. */
  async ended(count = 1): Promise<readonly unknown[]> {
    const haveEnded = () => this.endReasons.length === count;
    await eventually(`${count} connections have ended`, haveEnded, () =>
      this.endReasons.join('\n'),
    );
    return this.endReasons;
  }

  /** The only attachment there was. */
  get attachment(): EchoAttachment {
    const [attachment] = this.attachments;
    if (attachment === undefined) throw new Error('nobody attached');
    return attachment;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposal.close();
  }
}

type Fields =
  | 'gateway'
  | 'directory'
  | 'key'
  | 'log'
  | 'audit'
  | 'attachments'
  | 'commands'
  | 'port';

interface Inner {
  readonly known: Map<string, KnownKey>;
  readonly listeners: Set<() => void>;
  readonly disposal: Disposal;
}

type Recorders = Pick<GatewayRoom, 'log' | 'audit' | 'attachments' | 'commands'>;

function recorders(): Recorders {
  return { log: [], audit: [], attachments: [], commands: [] };
}

interface Parts extends Pick<Inner, 'known' | 'listeners'> {
  readonly parts: RoomParts;
}

const asAdmin: ConnectionAccess['decide'] = ({ engineer }) => ({
  outcome: 'allowed',
  ...{ engineer, role: 'admin', expiresAt: null },
});

async function optionsOf(
  room: Recorders,
  { known, listeners, parts }: Parts,
): Promise<GatewayOptions> {
  const { attach = async (request: AttachRequest) => new EchoAttachment(request) } = parts;
  const { execute = async () => ({ stdout: '', stderr: '', exitCode: EXIT.ok }) } = parts;
  return {
    share: new LoopShare(),
    listen: parts.listen ?? [{ host: '127.0.0.1', port: 0 }],
    hostKeys: await hostKeysOfThisRun(),
    limits: { ...gatewaySchema.parse({}).limits, ...parts.limits },
    keyExchangeLimits: parts.keyExchangeLimits,
    localPeers: parts.localPeers,
    access: {
      decide: parts.decide ?? asAdmin,
      explain: (_caller, name) => noAccess(name),
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    keys: { findKey: (blob) => known.get(Buffer.from(blob).toString('hex')) },
    attachments: {
      open: async (request) => {
        const opened = await attach(request);
        if (opened instanceof EchoAttachment) room.attachments.push(opened);
        return opened;
      },
    },
    commands: {
      execute: async (command) => {
        room.commands.push(command);
        return await execute(command);
      },
    },
    log: openLogger({ level: 'debug', destination: lineCollector(room.log) }),
    audit: {
      connectionAuthenticated: (event) => {
        parts.onAuthenticated?.();
        room.audit.push({ event: 'authenticated', ...event });
      },
      engineerNotLetIn: (event) => room.audit.push({ event: 'not-let-in', ...event }),
      connectionRefused: (event) => room.audit.push({ event: 'refused', ...event }),
      connectionClosed: (event) => room.audit.push({ event: 'closed', ...event }),
    },
  };
}

let hostKeys: Promise<readonly HostKey[]> | undefined;

/** RSA keys take long to make: all gateways of a test file share theirs. */
function hostKeysOfThisRun(): Promise<readonly HostKey[]> {
  hostKeys ??= makeHostKeys();
  return hostKeys;
}

async function makeHostKeys(): Promise<readonly HostKey[]> {
  const directory = await mkdtemp(join(tmpdir(), 'triad-host-keys-'));
  try {
    await makeKeyPair(directory, 'ssh_host_ed25519_key');
    await makeKeyPair(directory, 'ssh_host_rsa_key', { type: 'rsa', bits: 2048 });
    return await readHostKeys({ root: directory, path: directory });
  } finally {
    await rm(directory, { recursive: true });
  }
}

function lineCollector(lines: Line[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Line);
      done();
    },
  });
}
