import { type Address, getAddress } from './address-file.js';
import { DemoError, NotReadyError, reasonOf } from './demo-error.js';
import type { ChatMessage } from './generator.js';
import type { Settings } from './settings.js';

/** A model on a slow machine may take this long for its first answer. */
const ANSWER_TIMEOUT_MS = 120_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** The engine answered, but not with what was asked for. */
export class EngineRefusal extends NotReadyError {
  override name = 'EngineRefusal';
}

/** Talks to an engine by the OpenAI protocol; finds it anew for each request. */
export class OpenAiClient {
  readonly #settings: Settings;
  readonly #stop: AbortSignal;
  #model: string | undefined;

  constructor(settings: Settings, stop: AbortSignal) {
    this.#settings = settings;
    this.#stop = stop;
  }

  /** Whether this is a real engine rather than the demo's own. */
  get isReal(): boolean {
    return this.#settings.openaiBaseUrl !== undefined;
  }

  /** The configured model, or the first one that the engine lists. */
  async findModel(): Promise<string> {
    this.#model ??= this.#settings.openaiModel;
    if (this.#model !== undefined) return this.#model;
    const model = at(await this.#ask('/models'), 'data', 0, 'id');
    if (typeof model !== 'string') {
      throw new EngineRefusal('engine: it lists no model; set OPENAI_MODEL');
    }
    this.#model = model;
    return model;
  }

  /** The text of the answer. */
  async chat(model: string, messages: readonly ChatMessage[]): Promise<string> {
    const answer = await this.#ask('/chat/completions', { model, messages });
    const content = at(answer, 'choices', 0, 'message', 'content');
    if (typeof content === 'string') return content;
    throw new EngineRefusal('engine: its answer has no text');
  }

  /** @throws EngineRefusal where the engine has no embeddings for this model. */
  async embed(model: string, input: string): Promise<number[]> {
    const answer = await this.#ask('/embeddings', { model, input, encoding_format: 'float' });
    const embedding = at(answer, 'data', 0, 'embedding');
    if (isNumbers(embedding)) return embedding;
    throw new EngineRefusal('engine: its answer has no embedding');
  }

  async #ask(path: string, body?: object): Promise<unknown> {
    const { url, apiKey } = await this.#findEngine();
    const { status, text } = await this.#fetch(url.replace(/\/+$/, '') + path, apiKey, body);
    const json = parseJson(text);
    if (status === 200 && json !== undefined) return json;
    // The engine may have been replaced by one with other models.
    this.#model = undefined;
    const message = at(json, 'error', 'message');
    const reason = typeof message === 'string' ? `: ${message}` : '';
    throw new EngineRefusal(`engine: ${path} answered ${status}${reason}`);
  }

  async #findEngine(): Promise<Address> {
    const { stateDir, openaiBaseUrl: url, openaiApiKey: apiKey } = this.#settings;
    if (url === undefined) return getAddress(stateDir, 'engine');
    return apiKey === undefined ? { url } : { url, apiKey };
  }

  async #fetch(
    url: string,
    apiKey: string | undefined,
    body: object | undefined,
  ): Promise<{ status: number; text: string }> {
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const limit = new RequestLimit(this.#stop);
    try {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: body === undefined ? null : JSON.stringify(body),
        // The key is for this engine alone.
        redirect: 'error',
        signal: limit.signal,
      });
      return { status: response.status, text: await readText(response) };
    } catch (error) {
      throw new NotReadyError(`engine: ${reasonOf(error)}`);
    } finally {
      limit.release();
    }
  }
}

/**
 * Ends a request when it takes too long or the program stops.
 *
 * `AbortSignal.any` would do, but in Node 20 each use leaves memory with the long-lived signal.
 */
class RequestLimit {
  readonly #controller = new AbortController();
  readonly #stop: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = (): void => this.#controller.abort(new Error('stopped'));

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener('abort', this.#abort, { once: true });
    this.#timer = setTimeout(
      () => this.#controller.abort(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)),
      ANSWER_TIMEOUT_MS,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener('abort', this.#abort);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new DemoError('its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The value at a path into JSON from outside; `undefined` where there is none. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string | number, unknown>>)[step];
  }
  return here;
}

function isNumbers(value: unknown): value is number[] {
  const isFinite = (item: unknown): boolean => typeof item === 'number' && Number.isFinite(item);
  return Array.isArray(value) && value.length > 0 && value.every(isFinite);
}
