import { randomUUID } from 'node:crypto';
import { type ChatRequest, type EmbeddingRequest, MODEL } from './chat-request.js';
import { embed } from './embedding.js';
import { generate, tokensOf } from './generator.js';

/** What a request cost, in the generator's own tokens. */
export interface Usage {
  readonly prompt: number;
  readonly completion: number;
}

/** One answer to a chat request, ready to be sent whole or as a stream. */
export interface Completion {
  readonly tokens: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly usage: Usage;
}

export function complete(request: ChatRequest): Completion {
  const all = tokensOf(generate(request.messages));
  const tokens = all.slice(0, request.maxTokens);
  const prompt = request.messages.map(({ content }) => tokensOf(content).length);
  return {
    tokens,
    finishReason: tokens.length < all.length ? 'length' : 'stop',
    usage: { prompt: prompt.reduce((sum, count) => sum + count, 0), completion: tokens.length },
  };
}

/** The answer as one `chat.completion` object. */
export function completionBody(completion: Completion): object {
  const message = { role: 'assistant', content: completion.tokens.join(''), refusal: null };
  return {
    ...head('chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: completion.finishReason }],
    usage: usageBody(completion.usage),
  };
}

/** The answer as the data of server-sent events, `[DONE]` included. */
export function* completionEvents(completion: Completion, withUsage: boolean): Generator<string> {
  const common = head('chat.completion.chunk');
  const chunk = (delta: object, finishReason: string | null = null): string =>
    JSON.stringify({
      ...common,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    });
  yield chunk({ role: 'assistant', content: '' });
  for (const token of completion.tokens) yield chunk({ content: token });
  yield chunk({}, completion.finishReason);
  if (withUsage) {
    yield JSON.stringify({ ...common, choices: [], usage: usageBody(completion.usage) });
  }
  yield '[DONE]';
}

/** The answer to an embedding request, and what it cost. */
export function embeddingsOf(request: EmbeddingRequest): { body: object; usage: Usage } {
  const prompt = request.inputs.reduce((sum, text) => sum + tokensOf(text).length, 0);
  const data = request.inputs.map((text, index) => {
    const vector = embed(text);
    const embedding = request.format === 'base64' ? base64Of(vector) : vector;
    return { object: 'embedding', index, embedding };
  });
  const usage = { prompt_tokens: prompt, total_tokens: prompt };
  return {
    body: { object: 'list', data, model: MODEL, usage },
    usage: { prompt, completion: 0 },
  };
}

export function modelsBody(): object {
  return { object: 'list', data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'triad' }] };
}

/** The official OpenAI clients ask for this by default: little-endian 32-bit floats. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [place, value] of vector.entries()) bytes.writeFloatLE(value, place * 4);
  return bytes.toString('base64');
}

function head(object: string): object {
  const created = Math.floor(Date.now() / 1000);
  return { id: `chatcmpl-${randomUUID()}`, object, created, model: MODEL };
}

function usageBody(usage: Usage): object {
  return {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
  };
}
