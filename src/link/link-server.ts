import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, RefusedError, UnavailableError } from '../base/errors.js';
import type { SessionName } from '../base/ids.js';
import type { Part } from '../base/part.js';
import { KeptSocket, type SocketAddress } from '../base/unix-socket.js';
import { visible } from '../base/visible.js';
import type { Logger } from '../log/logger.js';
import { failureOf } from './failure.js';
import type { HostLink, LinkCalls, MirrorView } from './host-link.js';
import { readJson } from './message-body.js';
import { columnsMessage, layoutMessage, outputMessages } from './mirror-messages.js';
import {
  HELLO_PATH,
  MAX_REQUEST_BYTES,
  MAX_SESSION_MEGABYTES,
  MAX_STREAMS,
  VERSIONS,
  VIEW_CHANGE,
  VIEW_HEADER,
} from './protocol.js';
import {
  CALL_NAMES,
  type CallName,
  helloSchema,
  type Parsed,
  parseRequest,
  rowOf,
  VIEW_KINDS,
  type ViewKind,
  viewChangeSchema,
} from './schema.js';
import { ServedView } from './served-view.js';

/**
 * Room for a gateway, the one that replaces it, and the short visits of the `triad` program itself.
 */
const MAX_GATEWAYS = 16;
/** The longest that a request may take to arrive, which is sent in one piece. */
const REQUEST_LIMIT_MS = 10_000;
/** The time that gateways have to take their last answers. */
const CLOSE_LIMIT_MS = 1_000;

export interface LinkServerOptions extends Omit<SocketAddress, 'name'> {
  readonly log: Logger;
}

/**
 * The host's end of the link's socket form. Whoever reaches the socket is the gateway: the
 * permissions of socket and directory are what proves it. Every message is checked all the same.
 */
export class LinkServer {
  readonly #log: Logger;
  readonly #server: Http2Server;
  readonly #gateways = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  #socket: KeptSocket | undefined;
  #serve: (host: HostLink) => void = () => undefined;
  readonly #host = new Promise<HostLink>((resolve) => {
    this.#serve = resolve;
  });

  private constructor({ log }: LinkServerOptions) {
    this.#log = log;
    this.#server = createServer({
      settings: { maxConcurrentStreams: MAX_STREAMS },
      maxSessionMemory: MAX_SESSION_MEGABYTES,
    });
    this.#server.maxConnections = MAX_GATEWAYS;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('session', (gateway) => this.#accept(gateway));
    this.#server.on('sessionError', (error: Error) => this.#noteFailure(error));
  }

  /**
   * Takes the socket. Gateways that connect are held until `serve`.
   *
   * @throws what `taken` makes when another host has it.
   */
  static async listen(options: LinkServerOptions): Promise<LinkServer> {
    const server = new LinkServer(options);
    server.#socket = await KeptSocket.listen(server.#server, { name: 'link socket', ...options });
    server.#server.on('error', (error: Error) => server.#noteFailure(error));
    return server;
  }

  /** The socket, which has to be watched: without it no gateway reaches the host. */
  get parts(): readonly Part[] {
    return this.#socket === undefined ? [] : [this.#socket];
  }

  /** Answers gateways from now on, beginning with those that were held. */
  serve(host: HostLink): void {
    this.#serve(host);
  }

  /** Cuts every gateway off, and removes the socket; views are closed. Idempotent. */
  async close(): Promise<void> {
    const closed = this.#socket?.close();
    for (const gateway of this.#gateways) gateway.destroy();
    // A destroyed HTTP/2 session still sends its last answers, which a stopped gateway never takes.
    const killer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_LIMIT_MS);
    await closed;
    clearTimeout(killer);
  }

  #accept(gateway: ServerHttp2Session): void {
    const views = new Map<number, ServedView>();
    this.#gateways.add(gateway);
    gateway.once('close', () => this.#gateways.delete(gateway));
    gateway.on('error', (error: Error) => this.#noteFailure(error));
    gateway.on('stream', (stream, headers) => {
      stream.on('error', (error: Error) => this.#noteFailure(error));
      this.#handle(stream, headers, views).catch((error: unknown) => this.#fail(stream, error));
    });
  }

  async #handle(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    views: Map<number, ServedView>,
  ): Promise<void> {
    const path = String(headers[':path']);
    if (path === HELLO_PATH) {
      respond(stream, welcome(await readRequest(stream)));
      return;
    }
    const host = await this.#host;
    const name = nameIn(path);
    const kind = VIEW_KINDS.find((each) => each === name);
    if (kind !== undefined) return openView({ host, kind, stream, headers, views });
    if (name === VIEW_CHANGE) return changeView(stream, views);
    const call = CALL_NAMES.find((each) => each === name);
    if (call === undefined) throw new RefusedError(`link: there is no ${visible(path)}`);
    await answer(stream, call, host);
  }

  #fail(stream: ServerHttp2Stream, error: unknown): void {
    if (stream.destroyed || stream.headersSent) {
      stream.close();
      return;
    }
    stream.resume();
    stream.respond({ ':status': 500 });
    stream.end(JSON.stringify(failureOf(error, this.#log)));
  }

  #noteFailure(error: Error): void {
    this.#log.debug({ reason: visible(messageOf(error)) }, 'link failed');
  }
}

async function readRequest(stream: ServerHttp2Stream): Promise<unknown> {
  stream.setTimeout(REQUEST_LIMIT_MS, () => stream.close());
  const request = await readJson(stream, MAX_REQUEST_BYTES);
  stream.setTimeout(0);
  return request;
}

function respond(stream: ServerHttp2Stream, answered: unknown): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200 });
  stream.end(JSON.stringify(answered));
}

/** The newest version that both sides speak. */
function welcome(request: unknown): { version: number } {
  const { versions } = accepted(helloSchema.safeParse(request));
  const version = Math.max(...VERSIONS.filter((each) => versions.includes(each)));
  if (Number.isFinite(version)) return { version };
  throw new UnavailableError(
    `the host speaks version ${VERSIONS.join(', ')} of the link, the gateway ${versions.join(', ')}: upgrade the older one`,
  );
}

function nameIn(path: string): string {
  const prefix = VERSIONS.map((version) => `/v${version}/`).find((each) => path.startsWith(each));
  return prefix === undefined ? '' : path.slice(prefix.length);
}

interface OpenViewOptions {
  readonly host: HostLink;
  readonly kind: ViewKind;
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly views: Map<number, ServedView>;
}

async function openView({ host, kind, stream, headers, views }: OpenViewOptions): Promise<void> {
  const id = stream.id ?? 0;
  const view = new ServedView(stream);
  const asked = askedIn(headers);
  if (kind === 'mirror') {
    view.serveMirror(await openMirror(host, accepted(parseRequest(kind, asked)), view));
  } else {
    const request = {
      ...accepted(parseRequest(kind, asked)),
      onOutput: (bytes: Uint8Array) => view.deliver(bytes),
    };
    view.serveDriver(await host.openDriver(request));
  }
  views.set(id, view);
  stream.once('close', () => views.delete(id));
  if (stream.destroyed) views.delete(id);
}

function openMirror(
  host: HostLink,
  asked: { readonly session: SessionName },
  view: ServedView,
): Promise<MirrorView> {
  return host.openMirror({
    ...asked,
    onOutput: (bytes) => {
      for (const message of outputMessages(bytes)) view.deliver(message);
    },
    onColumns: (columns) => view.deliver(columnsMessage(columns)),
    onLayout: (layout) => view.deliver(layoutMessage(layout)),
  });
}

function askedIn(headers: IncomingHttpHeaders): unknown {
  try {
    return JSON.parse(decodeURIComponent(String(headers[VIEW_HEADER])));
  } catch (cause) {
    throw new RefusedError('link: got a view request that is no JSON', { cause });
  }
}

async function answer<N extends CallName>(
  stream: ServerHttp2Stream,
  name: N,
  calls: Pick<LinkCalls, N>,
): Promise<void> {
  const request = accepted(parseRequest(name, await readRequest(stream)));
  const row = rowOf(name);
  const answered = await calls[name](request);
  if (stream.destroyed) return;
  if (row.isInPieces && Array.isArray(answered)) await respondInPieces(stream, answered);
  else respond(stream, row.encode?.(answered) ?? answered ?? {});
}

/** Answers piece by piece, each when the gateway has taken the one before. */
async function respondInPieces(
  stream: ServerHttp2Stream,
  pieces: readonly unknown[],
): Promise<void> {
  stream.respond({ ':status': 200 });
  await pipeline(Readable.from(messagesOf(pieces), { highWaterMark: 1 }), stream);
}

/** Changes a view; one that has ended meanwhile needs no change. */
async function changeView(
  stream: ServerHttp2Stream,
  views: ReadonlyMap<number, ServedView>,
): Promise<void> {
  const change = accepted(viewChangeSchema.safeParse(await readRequest(stream)));
  const view = views.get(change.view);
  if ('size' in change) view?.resize(change.size);
  else view?.close();
  respond(stream, {});
}

function* messagesOf(pieces: readonly unknown[]): Generator<string> {
  for (const piece of pieces) yield `${JSON.stringify(piece)}\n`;
}

function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.success) return parsed.data;
  throw new RefusedError(`link: got a message that does not fit: ${visible(parsed.error.message)}`);
}
