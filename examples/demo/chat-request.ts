import { ApiError } from './api-error.js';
import type { ChatMessage } from './generator.js';

/** The name under which the built-in generator is offered. */
export const MODEL = 'triad-demo';

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly isStream: boolean;
  /** Whether a stream ends with a chunk that carries the usage. */
  readonly withUsage: boolean;
  readonly maxTokens: number;
}

export interface EmbeddingRequest {
  readonly inputs: readonly string[];
  readonly format: 'float' | 'base64';
}

type Json = Readonly<Record<string, unknown>>;

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
/** As many texts as one request may embed; more would stop the engine for noticeable time. */
const MAX_INPUTS = 256;
/** Longer than any answer of the generator. */
const MAX_TOKENS = 4096;

/** @throws ApiError that names the parameter. */
export function parseChatRequest(body: unknown): ChatRequest {
  const request = objectOf(body);
  checkModel(request['model']);
  const count = request['n'] ?? 1;
  if (count !== 1) throw invalid('n', 'only 1 is supported');
  const stream = optionalBoolean(request, 'stream');
  const streamOptions = request['stream_options'] ?? {};
  return {
    messages: parseMessages(request['messages']),
    isStream: stream,
    withUsage: stream && isObject(streamOptions) && streamOptions['include_usage'] === true,
    maxTokens: Math.min(
      optionalCount(request, 'max_completion_tokens'),
      optionalCount(request, 'max_tokens'),
    ),
  };
}

/** @throws ApiError that names the parameter. */
export function parseEmbeddingRequest(body: unknown): EmbeddingRequest {
  const request = objectOf(body);
  checkModel(request['model']);
  if ((request['dimensions'] ?? undefined) !== undefined) {
    throw invalid('dimensions', 'this model has one size only');
  }
  const format = request['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') {
    throw invalid('encoding_format', "must be 'float' or 'base64'");
  }
  const input = request['input'];
  const inputs: unknown = typeof input === 'string' ? [input] : input;
  if (!isTexts(inputs) || inputs.length === 0 || inputs.length > MAX_INPUTS) {
    throw invalid('input', `must be a string or 1 to ${MAX_INPUTS} strings`);
  }
  return { inputs, format };
}

function parseMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid('messages', 'must be an array with at least one message');
  }
  return value.map((message: unknown, place) => parseMessage(message, `messages[${place}]`));
}

function parseMessage(value: unknown, param: string): ChatMessage {
  if (!isObject(value)) throw invalid(param, 'must be an object');
  const role = value['role'];
  if (typeof role !== 'string' || !ROLES.includes(role)) {
    throw invalid(`${param}.role`, `must be one of ${ROLES.join(', ')}`);
  }
  return { role, content: parseContent(value['content'], `${param}.content`) };
}

/** Text comes as a string, as a list of parts, or not at all beside tool calls. */
function parseContent(value: unknown, param: string): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (!Array.isArray(value)) throw invalid(param, 'must be a string or an array of parts');
  return value
    .map((part: unknown) => {
      if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string') {
        return part['text'];
      }
      throw invalid(param, 'only parts of type text are supported');
    })
    .join('\n');
}

function checkModel(model: unknown): void {
  if (typeof model !== 'string') throw invalid('model', 'you must provide a model');
  if (model === MODEL) return;
  throw new ApiError(404, `The model does not exist; this engine has '${MODEL}'`, {
    param: 'model',
    code: 'model_not_found',
  });
}

function objectOf(body: unknown): Json {
  if (isObject(body)) return body;
  throw new ApiError(400, 'The body must be a JSON object');
}

function optionalBoolean(request: Json, name: string): boolean {
  const value = request[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(name, 'must be a boolean');
}

function optionalCount(request: Json, name: string): number {
  const value = request[name] ?? MAX_TOKENS;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) {
    return Math.min(value, MAX_TOKENS);
  }
  throw invalid(name, 'must be a whole number of at least 1');
}

function invalid(param: string, rule: string): ApiError {
  return new ApiError(400, `Invalid '${param}': ${rule}`, { param, code: 'invalid_value' });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text: unknown) => typeof text === 'string');
}
