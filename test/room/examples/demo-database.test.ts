import type { Socket } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedDatabase } from '../../../examples/demo/embedded-database.js';
import { embed } from '../../../examples/demo/embedding.js';
import { MemoryStore } from '../../../examples/demo/memory-store.js';
import { forgetOldest, MAX_MEMORIES, prepareTable } from '../../../examples/demo/memory-table.js';
import { PostgresClient } from '../../../examples/demo/postgres-client.js';
import { RequestReader } from '../../../examples/demo/postgres-messages.js';
import { makeDemoDir, START_LIMIT_MS } from './demo-triad.js';

const INSERT = "INSERT INTO agent_memory (kind, content, embedding) VALUES ('k', $1, '[1]')";

describe('the embedded database', { timeout: START_LIMIT_MS }, () => {
  let home: Awaited<ReturnType<typeof makeDemoDir>>;
  let database: EmbeddedDatabase;

  beforeAll(async () => {
    home = await makeDemoDir();
    database = await EmbeddedDatabase.open({
      stateDir: home.path,
      runtimeDir: undefined,
      onProgress: () => undefined,
    });
    await prepareTable(database);
  }, START_LIMIT_MS);

  afterAll(async () => {
    await database.close();
    await home[Symbol.asyncDispose]();
  });

  async function connected(): Promise<Client> {
    const client = new Client({ host: home.path, user: 'postgres', database: 'postgres' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async function answersOthers(): Promise<void> {
    const client = await connected();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  }

  it('recalls what is most like a text, nearest first, and only in vectors of its size', async () => {
    await using client = disposable(new PostgresClient(() => Promise.resolve(url(home.path))));
    const store = await MemoryStore.open(client.value);
    for (const content of [
      'load 0.5 on 2 processors',
      'commits: fix a typo',
      'load 3 on 2 processors',
    ]) {
      await store.remember({ kind: 'load', content, embedding: embed(content) });
    }
    await store.remember({ kind: 'load', content: 'of another engine', embedding: [1, 2, 3] });
    const recalled = await store.recall(embed('load 0.5 on 2 processors'));
    expect(recalled.map(({ content }) => content)).toEqual([
      'load 0.5 on 2 processors',
      'load 3 on 2 processors',
      'commits: fix a typo',
    ]);
    expect(recalled[0]?.distance).toBeCloseTo(0);
  });

  it('goes on when clients die at any point of their queries', async () => {
    for (let bytes = 0; bytes < 120; bytes += 3) {
      const client = await connected();
      const stream = streamOf(client);
      const write = stream.write.bind(stream);
      let left = bytes;
      // The connection breaks after so many bytes of the query, as when its process is killed.
      stream.write = (chunk: Buffer) => {
        write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) stream.destroy();
        return true;
      };
      await client.query(INSERT, ['cut']).catch(() => undefined);
      stream.destroy();
    }
    await answersOthers();
  });

  it('answers queries from inside and outside at the same time', async () => {
    const client = await connected();
    const ask = async (how: (n: number) => Promise<unknown>): Promise<unknown[]> => {
      const answers = [];
      for (let n = 0; n < 100; n++) answers.push(await how(n));
      return answers;
    };
    const [outside, inside] = await Promise.all([
      ask(async (n) => (await client.query<{ n: number }>('SELECT $1::int AS n', [n])).rows[0]?.n),
      ask(async (n) => (await database.query('SELECT $1::int + 1000 AS n', [n]))[0]?.['n']),
    ]);
    expect(outside).toEqual(Array.from({ length: 100 }, (_none, n) => n));
    expect(inside).toEqual(Array.from({ length: 100 }, (_none, n) => n + 1000));
    await client.end();
  });

  it.each([
    ['a transaction that stays open', 'BEGIN'],
    ['COPY FROM STDIN', 'COPY agent_memory (kind) FROM STDIN'],
  ])('ends a connection for %s, and answers the next one', async (_what, sql) => {
    const client = await connected();
    await expect(client.query(sql)).rejects.toThrow('Connection terminated unexpectedly');
    await answersOthers();
  });

  it('keeps the connection after a query that failed', async () => {
    const client = await connected();
    await expect(client.query('SELECT 1 / $1::int', [0])).rejects.toThrow('division by zero');
    expect((await client.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
    await client.end();
  });

  it('forgets the oldest memories beyond its limit, and none within it', async () => {
    await database.query('TRUNCATE agent_memory');
    const fill = `INSERT INTO agent_memory (kind, content, embedding)
      SELECT 'k', n::text, '[1]' FROM generate_series(1, $1::int) AS n`;
    const count = 'SELECT count(*)::int AS count, min(content::int) AS first FROM agent_memory';
    await database.query(fill, [MAX_MEMORIES]);
    await forgetOldest(database);
    expect(await database.query(count)).toEqual([{ count: MAX_MEMORIES, first: 1 }]);
    await database.query(fill, [1]);
    await forgetOldest(database);
    await database.compact();
    expect((await database.query(count))[0]).toMatchObject({ count: MAX_MEMORIES });
    expect(await database.query("SELECT 1 FROM agent_memory WHERE content = '1'")).toHaveLength(1);
  });
});

describe('the reader of PostgreSQL requests', () => {
  const start = message('', Buffer.concat([int32(196_608), Buffer.from('user\0me\0\0')]));
  const query = message('Q', Buffer.from('SELECT 1\0'));
  const parse = message('P', Buffer.from('\0SELECT 1\0\0\0'));
  const sync = message('S', Buffer.alloc(0));

  it('gives the same requests for bytes that come whole and one by one', () => {
    const bytes = Buffer.concat([message('', int32(80_877_103)), start, query, parse, sync]);
    const expected = [
      { kind: 'encryption' },
      { kind: 'session' },
      { kind: 'batch', messages: [query] },
      { kind: 'batch', messages: [parse, sync] },
    ];
    expect(requestsOf([bytes])).toEqual(expected);
    expect(requestsOf(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it.each([
    ['a message of more than 4 MiB', Buffer.concat([start, Buffer.from('Q'), int32(2 ** 22 + 1)])],
    ['a message shorter than its length', Buffer.concat([start, Buffer.from('Q'), int32(3)])],
    ['another protocol', message('', int32(196_610))],
    ['a type that is part of no query', Buffer.concat([start, message('d', Buffer.from('x'))])],
    ['a query without an end', Buffer.concat([start, message('Q', Buffer.from('SELECT'))])],
    [
      'COPY behind another query',
      Buffer.concat([start, message('Q', Buffer.from('a; COPY b FROM\nstdin\0'))]),
    ],
    [
      'a prepared COPY',
      Buffer.concat([start, message('P', Buffer.from('s\0copy b from stdin\0\0\0'))]),
    ],
  ])('refuses %s', (_what, bytes) => {
    expect(() => requestsOf([bytes])).toThrow();
  });

  it('holds back a query of 4 MiB until it is complete, but no larger series of messages', () => {
    const large = message('Q', Buffer.alloc(2 ** 22 - 4));
    expect(requestsOf([start, large])).toHaveLength(2);
    const half = message('P', Buffer.alloc(2 ** 21));
    expect(() => requestsOf([start, half, half])).toThrow();
  });
});

function requestsOf(chunks: readonly Buffer[]): unknown[] {
  const reader = new RequestReader();
  const requests: unknown[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== undefined; next = reader.next()) requests.push(next);
  }
  return requests;
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function url(dir: string): string {
  return `postgresql:///postgres?user=postgres&host=${encodeURIComponent(dir)}`;
}

function disposable<T extends { close(): Promise<void> }>(
  value: T,
): { value: T } & AsyncDisposable {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}

/** pg keeps its socket at `connection.stream`, which its types do not say. */
function streamOf(client: Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
