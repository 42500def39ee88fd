import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ApiError } from './api-error.js';
import {
  complete,
  completionBody,
  completionEvents,
  embeddingsOf,
  modelsBody,
  type Usage,
} from './chat-completion.js';
import { type ChatRequest, parseChatRequest, parseEmbeddingRequest } from './chat-request.js';
import { DemoError } from './demo-error.js';

/** What became of one request. */
export interface Served {
  readonly method: string;
  /** As the client wrote it: make it visible before showing it. */
  readonly path: string;
  readonly status: number;
  readonly usage: Usage;
  readonly durationMs: number;
}

export interface EngineServerOptions {
  readonly port: number;
  readonly apiKey: string;
  readonly onServed: (served: Served) => void;
}

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 15_000;
/** A connection on which nothing moves is closed, so that a reader that stopped costs nothing. */
const IDLE_TIMEOUT_MS = 30_000;

const NO_USAGE: Usage = { prompt: 0, completion: 0 };

/** The OpenAI protocol on loopback, answered by the built-in generator. */
export class EngineServer {
  readonly #options: EngineServerOptions;
  readonly #server: Server;

  private constructor(options: EngineServerOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.setTimeout(IDLE_TIMEOUT_MS);
    this.#server.on('clientError', refuseConnection);
  }

  /** @throws DemoError where the port cannot be had. */
  static async open(options: EngineServerOptions): Promise<EngineServer> {
    const engine = new EngineServer(options);
    try {
      engine.#server.listen(options.port, '127.0.0.1');
      await once(engine.#server, 'listening');
    } catch (error) {
      throw new DemoError(`the engine cannot listen on port ${options.port}`, { cause: error });
    }
    return engine;
  }

  get url(): string {
    // A TCP server that listens has an AddressInfo (node:net, server.address()).
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Ends at once; requests under way are cut. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    // A client that went away has nothing to be told.
    response.on('error', () => undefined);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const usage = await this.#answer(path, request, response);
    this.#options.onServed({
      method: request.method ?? '',
      path,
      status: response.statusCode,
      usage,
      durationMs: performance.now() - startedAt,
    });
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<Usage> {
    try {
      this.#checkKey(request.headers.authorization);
      return await route(path, request, response);
    } catch (error) {
      sendError(response, error instanceof ApiError ? error : new ApiError(500, 'Internal error'));
      if (!(error instanceof ApiError)) throw error;
      return NO_USAGE;
    }
  }

  /** Loopback is open to every local user and to web pages: without the key nothing is answered. */
  #checkKey(authorization: string | undefined): void {
    if (timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${this.#options.apiKey}`))) {
      return;
    }
    throw new ApiError(401, 'Incorrect API key provided', { code: 'invalid_api_key' });
  }
}

async function route(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Usage> {
  switch (path) {
    case '/v1/models':
      checkMethod(request, 'GET');
      sendJson(response, 200, modelsBody());
      return NO_USAGE;
    case '/v1/chat/completions':
      checkMethod(request, 'POST');
      return sendCompletion(response, parseChatRequest(await readJson(request)));
    case '/v1/embeddings': {
      checkMethod(request, 'POST');
      const { body, usage } = embeddingsOf(parseEmbeddingRequest(await readJson(request)));
      sendJson(response, 200, body);
      return usage;
    }
    default:
      throw new ApiError(404, 'Unknown request URL', { code: 'unknown_url' });
  }
}

function sendCompletion(response: ServerResponse, request: ChatRequest): Usage {
  const completion = complete(request);
  if (!request.isStream) {
    sendJson(response, 200, completionBody(completion));
    return completion.usage;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  // The answer is a few KiB at most, so it may wait in the socket whole.
  for (const data of completionEvents(completion, request.withUsage)) {
    response.write(`data: ${data}\n\n`);
  }
  response.end();
  return completion.usage;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request);
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'The body is not valid JSON');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not destroy the request: the refusal still has to be sent.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) {
        throw new ApiError(413, `The body is larger than ${MAX_BODY_BYTES} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(400, 'The request ended early');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function checkMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method === method) return;
  throw new ApiError(405, `Only ${method} is allowed here`, { code: 'method_not_allowed' });
}

function sendError(response: ServerResponse, error: ApiError): void {
  // The rest of a body that was not read would be taken for the next request.
  response.setHeader('connection', 'close');
  sendJson(response, error.status, error);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** What is not even HTTP, or too slow or large for it, gets one answer and is closed. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify(new ApiError(status, 'Malformed, oversized or late request'));
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
