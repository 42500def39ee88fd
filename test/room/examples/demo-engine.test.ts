import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DemoProgram, makeDemoDir, until } from './demo-triad.js';

interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

describe("the demo's engine", () => {
  let home: Awaited<ReturnType<typeof makeDemoDir>>;
  let engine: DemoProgram;
  let url: string;
  let key: string;

  beforeAll(async () => {
    home = await makeDemoDir();
    engine = new DemoProgram('engine', home.path);
    const path = join(home.path, 'state/demo/engine.json');
    const text = await until(
      () => readFile(path, 'utf8').catch(() => undefined),
      () => `${path}: ${engine.output}`,
    );
    ({ url, apiKey: key } = JSON.parse(text) as { url: string; apiKey: string });
  }, 60_000);

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  });

  async function ask(path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(url + path, { headers, ...init });
    const type = response.headers.get('content-type');
    return { status: response.status, type, text: await response.text() };
  }

  const post = (path: string, body: unknown): Promise<Reply> =>
    ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const hello = { model: 'triad-demo', messages: [{ role: 'user', content: 'hello there' }] };

  it('answers a chat with the same words each time, and says that it is no language model', async () => {
    const replies = await Promise.all([1, 2].map(() => post('/chat/completions', hello)));
    const [first, second] = replies.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
    expect(first).toMatchObject({
      object: 'chat.completion',
      model: 'triad-demo',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: expect.stringContaining('no language model') as string,
          },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 2 },
    });
    expect(second?.['choices']).toEqual(first?.['choices']);
  });

  it('chooses what a prompt mentions least', async () => {
    const content = '- load: busy?\n- disk: full?\n- ram: free?\nDone: load ram load disk disk';
    const messages = [{ role: 'user', content: [{ type: 'text', text: content }] }];
    const { text } = await post('/chat/completions', { model: 'triad-demo', messages });
    expect(text).toContain('"content":"ram: mentioned least (1×).');
  });

  it('streams an answer as server-sent events that add up to the whole one', async () => {
    const stream_options = { include_usage: true };
    const streamed = await post('/chat/completions', { ...hello, stream: true, stream_options });
    expect(streamed.type).toBe('text/event-stream');
    const events = streamed.text.split('\n\n').slice(0, -1);
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map(
      (event) =>
        JSON.parse(event.replace(/^data: /, '')) as {
          object: string;
          choices: { delta: { content?: string }; finish_reason: string | null }[];
          usage?: { completion_tokens: number };
        },
    );
    expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
    const content = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    const whole = JSON.parse((await post('/chat/completions', hello)).text) as {
      choices: { message: { content: string } }[];
    };
    expect(content).toBe(whole.choices[0]?.message.content);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)?.usage?.completion_tokens).toBe(chunks.length - 3);
  });

  it('cuts an answer at max_tokens and says so', async () => {
    const { text } = await post('/chat/completions', { ...hello, max_tokens: 3 });
    expect(JSON.parse(text)).toMatchObject({
      choices: [{ message: { content: 'I am a' }, finish_reason: 'length' }],
      usage: { completion_tokens: 3 },
    });
  });

  it('embeds texts as unit vectors, as numbers or base64, similar texts nearer', async () => {
    const input = ['load 0.5 on 2 processors', 'load 0.7 on 2 processors', 'commits in git'];
    const asked = { model: 'triad-demo', input };
    const vectors = vectorsOf(await post('/embeddings', asked)) as number[][];
    const [a = [], b = [], c = []] = vectors;
    expect(vectors.map((vector) => vector.length)).toEqual([64, 64, 64]);
    expect(dot(a, a)).toBeCloseTo(1);
    expect(dot(a, b)).toBeGreaterThan(dot(a, c));
    const coded = vectorsOf(await post('/embeddings', { ...asked, encoding_format: 'base64' }));
    const bytes = Buffer.from(coded[0] as string, 'base64');
    expect(bytes.readFloatLE(0)).toBeCloseTo(a[0] ?? Number.NaN);
    expect(bytes).toHaveLength(256);
  });

  it('lists its one model', async () => {
    expect(JSON.parse((await ask('/models')).text)).toMatchObject({ data: [{ id: 'triad-demo' }] });
  });

  it.each([
    ['no JSON', '/chat/completions', '{', 400, null],
    ['no object', '/chat/completions', '[]', 400, null],
    ['no model', '/chat/completions', { messages: hello.messages }, 400, 'model'],
    ['another model', '/chat/completions', { ...hello, model: 'x' }, 404, 'model'],
    ['no messages', '/chat/completions', { model: 'triad-demo' }, 400, 'messages'],
    ['empty messages', '/chat/completions', { ...hello, messages: [] }, 400, 'messages'],
    [
      'an unknown role',
      '/chat/completions',
      { ...hello, messages: [{ role: 'x' }] },
      400,
      'messages[0].role',
    ],
    [
      'an image',
      '/chat/completions',
      { ...hello, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      400,
      'messages[0].content',
    ],
    ['two answers', '/chat/completions', { ...hello, n: 2 }, 400, 'n'],
    ['no tokens', '/chat/completions', { ...hello, max_tokens: 0 }, 400, 'max_tokens'],
    [
      'a stream that is no boolean',
      '/chat/completions',
      { ...hello, stream: 'yes' },
      400,
      'stream',
    ],
    ['no input', '/embeddings', { model: 'triad-demo', input: [] }, 400, 'input'],
    [
      '257 inputs',
      '/embeddings',
      { model: 'triad-demo', input: Array(257).fill('a') },
      400,
      'input',
    ],
    [
      'another size',
      '/embeddings',
      { model: 'triad-demo', input: 'a', dimensions: 3 },
      400,
      'dimensions',
    ],
    ['another path', '/nothing', hello, 404, null],
    ['another method', '/models', hello, 405, null],
  ] as const)('refuses %s as the OpenAI API does', async (...[, path, body, status, param]) => {
    const reply = await post(path, body);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toMatchObject({
      error: {
        message: expect.stringMatching(/./) as string,
        type: 'invalid_request_error',
        param,
      },
    });
  });

  it('takes a body of 1 MiB and refuses one byte more', async () => {
    const padded = (bytes: number): string => JSON.stringify(hello).padEnd(bytes);
    expect((await post('/chat/completions', padded(2 ** 20))).status).toBe(200);
    expect((await post('/chat/completions', padded(2 ** 20 + 1))).status).toBe(413);
  });

  it('embeds 256 inputs', async () => {
    const input = Array(256).fill('a');
    const reply = await post('/embeddings', { model: 'triad-demo', input });
    expect(vectorsOf(reply)).toHaveLength(256);
  });

  it.each([[{}], [{ authorization: 'Bearer guess' }]])(
    'answers nothing without its key',
    async (headers) => {
      const reply = await ask('/models', { headers });
      expect(reply.status).toBe(401);
      expect(reply.text).toContain('"code":"invalid_api_key"');
    },
  );

  it('answers what is not HTTP with an error and closes', async () => {
    const answer = await talk(new URL(url), 'SSH-2.0-nonsense\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*"type":"invalid_request_error"/);
  });

  it.each(['\x1b[31m', '\u009b31m', '\x7f', '\xff'])(
    'never prints the control characters of a request (%j)',
    async (escape) => {
      const request = `GET /${escape} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      expect(await talk(new URL(url), request)).toMatch(/^HTTP\/1.1 4/);
      expect((await ask(`/after-${escape.length}`)).status).toBe(404);
      await engine.prints(new RegExp(`after-${escape.length} GET 404`));
      expect(engine.output).not.toMatch(/[^\n\x20-\x7e]/);
    },
  );

  it('cuts a long path in its log line', async () => {
    expect((await ask(`/${'p'.repeat(5000)}`)).status).toBe(404);
    await engine.prints(/ p{32}… GET 404 /);
  });

  it('says which port it cannot have, and ends', async () => {
    await using second = new DemoProgram('engine', home.path, {
      DEMO_ENGINE_PORT: new URL(url).port,
    });
    expect(await second.ends()).toBe(1);
    expect(second.output).toMatch(/^the engine cannot listen on port \d+ \(.*EADDRINUSE.*\)\n$/);
    expect((await ask('/models')).status).toBe(200);
  });
});

function vectorsOf(reply: Reply): unknown[] {
  const { data } = JSON.parse(reply.text) as { data: { embedding: unknown }[] };
  return data.map(({ embedding }) => embedding);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, place) => sum + value * (b[place] ?? Number.NaN), 0);
}

/** Sends bytes as they are and returns everything until the other side closes. */
async function talk(url: URL, text: string): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString()));
  socket.write(text, 'latin1');
  await new Promise((closed, failed) => socket.on('close', closed).on('error', failed));
  return answer;
}
