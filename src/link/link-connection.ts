import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { withDeadline } from '../base/deadline.js';
import { InvariantError, TriadError, UnavailableError } from '../base/errors.js';
import { LoopShare } from '../base/loop-share.js';
import { connectToUnixSocket } from '../base/unix-socket.js';
import { visible } from '../base/visible.js';
import { errorOf } from './failure.js';
import { LinkLostError } from './link-lost.js';
import { readJson, readJsonLines } from './message-body.js';
import {
  HELLO_PATH,
  MAX_RESPONSE_BYTES,
  MAX_SESSION_MEGABYTES,
  pathOf,
  VERSIONS,
  type Version,
  VIEW_CHANGE,
  VIEW_HEADER,
} from './protocol.js';
import {
  type AnswerOf,
  type CallName,
  failureSchema,
  type Parsed,
  parseAnswer,
  type RequestOf,
  rowOf,
  type ViewChange,
  type ViewKind,
  welcomeSchema,
} from './schema.js';

/**
 * The longest wait for an answer: one to a `follow` takes a third of it, one to a question
 * milliseconds.
 */
const ANSWER_LIMIT_MS = 60_000;
const HELLO_LIMIT_MS = 5_000;

/** How often the host is asked whether it is alive, and how long it may take to say so. */
export interface AliveLimits {
  readonly intervalMs: number;
  readonly limitMs: number;
}

const ALIVE_LIMITS: AliveLimits = { intervalMs: 5_000, limitMs: 10_000 };

export interface OpenOptions {
  /** Aborting it ends the attempt, and later the connection. */
  readonly signal?: AbortSignal;
  readonly alive?: AliveLimits | undefined;
  /** The time of this process that all who ask have together. */
  readonly share?: LoopShare;
}

interface ConnectionParts {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  readonly version: Version;
  readonly alive: AliveLimits;
  readonly share: LoopShare;
}

/** One connection of the gateway to a host, with the version that both speak. */
export class LinkConnection {
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #version: Version;
  readonly #share: LoopShare;

  private constructor({ session, socket, version, alive, share }: ConnectionParts) {
    this.#share = share;
    this.#session = session;
    this.#socket = socket;
    this.#version = version;
    this.closed = new Promise((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once('close', () => resolve());
    });
    void this.#watch(alive);
  }

  /**
   * Connects to the host, and agrees on a version of the protocol.
   *
   * @returns undefined when no host is there.
   * @throws UnavailableError when the host speaks no version that we do, or does not answer in time;
   * RefusedError when the socket may be somebody else's.
   */
  static async open(
    path: string,
    { signal, alive = ALIVE_LIMITS, share = new LoopShare() }: OpenOptions = {},
  ): Promise<LinkConnection | undefined> {
    const socket = await connectToUnixSocket(path);
    if (socket === undefined) return undefined;
    const session = connect('http://host', {
      createConnection: () => socket,
      maxSessionMemory: MAX_SESSION_MEGABYTES,
    });
    const stop = () => drop(session, socket);
    session.on('error', stop);
    signal?.addEventListener('abort', stop, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', stop));
    try {
      const hello = ask(session, HELLO_PATH, { versions: VERSIONS });
      const version = agreed(await withDeadline(hello, HELLO_LIMIT_MS, 'hello'));
      return new LinkConnection({ session, socket, version, alive, share });
    } catch (error) {
      stop();
      throw error;
    }
  }

  /**
   * Makes a call. A change has no time limit, since each command may take an hour to end.
   *
   * @throws the error that the host threw; LinkLostError; InvariantError for an answer that is none.
   */
  async call<N extends CallName>(name: N, request: RequestOf<N>): Promise<AnswerOf<N>> {
    const { kind, isInPieces } = rowOf(name);
    const path = pathOf(this.#version, name);
    const read = isInPieces ? this.#askInPieces(path, request) : ask(this.#session, path, request);
    const answer =
      kind === 'change' ? read : withDeadline(read, ANSWER_LIMIT_MS, `${name} over the link`);
    return accepted(parseAnswer(name, await answer));
  }

  /** Tells what has changed of a view. @throws as `call` does. */
  async changeView(change: ViewChange): Promise<void> {
    const told = ask(this.#session, pathOf(this.#version, VIEW_CHANGE), change);
    await withDeadline(told, ANSWER_LIMIT_MS, 'a view over the link');
  }

  /** Whether calls may get through; a lost connection is known to be lost at once. */
  get isOpen(): boolean {
    return isOpen(this.#session);
  }

  /** Begins to open a view; `accepted` tells how that ended. */
  openView(kind: ViewKind, request: object): ClientHttp2Stream {
    const asked = encodeURIComponent(JSON.stringify(request));
    const headers = { ...post(pathOf(this.#version, kind)), [VIEW_HEADER]: asked };
    return start(this.#session, headers, { endStream: kind !== 'driver' });
  }

  /** Resolves when the host has accepted what a stream asks for; throws as `call` does. */
  async accepted(stream: ClientHttp2Stream): Promise<void> {
    await answered(this.#session, stream);
  }

  close(): void {
    drop(this.#session, this.#socket);
  }

  async #askInPieces(path: string, request: unknown): Promise<unknown[]> {
    const session = this.#session;
    const stream = await asked(session, path, request);
    const reading = this.#share.during('link', (slices) =>
      readJsonLines(stream, { maxBytes: MAX_RESPONSE_BYTES, slices }),
    );
    return reading.catch((cause: unknown) => {
      throw cause instanceof TriadError ? cause : noAnswer(session, cause);
    });
  }

  /** A host that was stopped keeps its socket open: only an answer shows that it lives. */
  async #watch({ intervalMs, limitMs }: AliveLimits): Promise<void> {
    while (isOpen(this.#session)) {
      try {
        await withDeadline(ping(this.#session), limitMs, 'the host');
        await delay(intervalMs, undefined, { ref: false });
      } catch {
        this.close();
      }
    }
  }
}

async function ask(session: ClientHttp2Session, path: string, request: unknown): Promise<unknown> {
  return readWhole(session, await asked(session, path, request));
}

/** Sends a request. @returns the stream of its answer, which is not an error. */
async function asked(
  session: ClientHttp2Session,
  path: string,
  request: unknown,
): Promise<ClientHttp2Stream> {
  const stream = start(session, post(path));
  stream.end(JSON.stringify(request));
  await answered(session, stream);
  return stream;
}

async function answered(session: ClientHttp2Session, stream: ClientHttp2Stream): Promise<void> {
  const headers = await responseOf(session, stream);
  if (headers[':status'] === 200) return;
  throw errorOf(accepted(failureSchema.safeParse(await readWhole(session, stream))));
}

function start(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  options: { endStream: boolean } = { endStream: false },
): ClientHttp2Stream {
  if (!isOpen(session)) throw new LinkLostError();
  const stream = session.request(headers, options);
  // Each error is followed by the close, which is what counts.
  stream.on('error', () => undefined);
  return stream;
}

async function responseOf(
  session: ClientHttp2Session,
  stream: ClientHttp2Stream,
): Promise<Record<string, unknown>> {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  stream.once('close', onClose);
  try {
    const event = (await once(stream, 'response', { signal: gone.signal })) as unknown[];
    return event[0] as Record<string, unknown>;
  } catch (cause) {
    throw noAnswer(session, cause);
  } finally {
    stream.off('close', onClose);
  }
}

async function readWhole(session: ClientHttp2Session, stream: ClientHttp2Stream): Promise<unknown> {
  try {
    return await readJson(stream, MAX_RESPONSE_BYTES);
  } catch (cause) {
    throw noAnswer(session, cause);
  }
}

/** Only a lost link is worth waiting for: a host that is there and does not answer never will. */
function noAnswer(session: ClientHttp2Session, cause: unknown): Error {
  if (!isOpen(session)) return new LinkLostError({ cause });
  return new InvariantError('link: the host gave no answer', { cause });
}

/**
 * Drops the socket, too: an HTTP/2 session alone would wait for a stopped host to take what was
 * sent.
 */
function drop(session: ClientHttp2Session, socket: Socket): void {
  session.destroy();
  socket.destroy();
}

function isOpen(session: ClientHttp2Session): boolean {
  return !session.destroyed && !session.closed;
}

function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const isSent = session.ping((error) => {
      if (error === null) resolve();
      else reject(error);
    });
    if (!isSent) reject(new LinkLostError());
  });
}

function agreed(answer: unknown): Version {
  const { version } = accepted(welcomeSchema.safeParse(answer));
  const known = VERSIONS.find((each) => each === version);
  if (known !== undefined) return known;
  throw new UnavailableError(
    `the host chose version ${version} of the link, which was not offered`,
  );
}

function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.success) return parsed.data;
  throw new InvariantError(
    `link: got an answer that does not fit: ${visible(parsed.error.message)}`,
  );
}

function post(path: string): OutgoingHttpHeaders {
  return { ':method': 'POST', ':path': path };
}
