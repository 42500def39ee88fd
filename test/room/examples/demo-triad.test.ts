import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DemoProgram, makeDemoDir, START_LIMIT_MS, until } from './demo-triad.js';

describe('the demo triad', { timeout: 2 * START_LIMIT_MS }, () => {
  let home: Awaited<ReturnType<typeof makeDemoDir>>;
  let engine: DemoProgram;
  let worker: DemoProgram;
  let state: DemoProgram;
  let stateDir: string;

  beforeAll(async () => {
    home = await makeDemoDir();
    stateDir = join(home.path, 'state/demo');
    worker = new DemoProgram('worker', home.path);
    state = new DemoProgram('state', home.path);
    engine = new DemoProgram('engine', home.path);
    await state.prints(/\n *\d+ \d\d:\d\d:\d\d load +load /);
  }, START_LIMIT_MS);

  afterAll(async () => {
    for (const program of [worker, engine, state]) await program[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  });

  it('waits visibly for what is not there yet, then thinks, acts and remembers', async () => {
    expect(worker.output).toMatch(/waiting: (database|engine): /);
    await worker.prints(/think #3 .*\nreply \w+: .*\nact {3}.*\nkeep {2}row \d+, 64 dims, near /);
  });

  it('shows the newest five rows under the query that it runs', async () => {
    const screen = await state.prints(
      /\n([6-9]|\d{2,}) rows, embedded, vector\n─+\n([^]*?)\nSELECT/,
    );
    const rows = (screen[2] ?? '').split('\n');
    expect(state.output).toMatch(/^SELECT id, .* ORDER BY created_at DESC LIMIT 5$/m);
    expect(rows.map((row) => Number(/^ *(\d+) \d\d:\d\d:\d\d /.exec(row)?.[1]))).toEqual(
      [0, 1, 2, 3, 4].map((place) => Number(screen[1]) - place),
    );
  });

  it('logs each request to the engine in a line of its own', async () => {
    await engine.prints(/^\d\d:\d\d:\d\d chat\/completions \d+\+\d+t \d+ms$/m);
    await engine.prints(/^\d\d:\d\d:\d\d embeddings \d+\+0t \d+ms$/m);
    expect(engine.output).toMatch(
      /no language model.\n.*OPENAI_BASE_URL points the worker\nat a real/,
    );
  });

  it('keeps addresses, socket and data from other users', async () => {
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    for (const name of ['engine.json', 'database.json']) {
      expect((await stat(join(stateDir, name))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(stateDir, '.s.PGSQL.5432'))).isSocket()).toBe(true);
  });

  it('goes on after the engine was killed and started again', async () => {
    await engine.stop('SIGKILL');
    const start = worker.output.length;
    await worker.prints(/waiting: engine: /, start);
    engine = new DemoProgram('engine', home.path);
    await worker.prints(/waiting: engine: [^]*keep {2}row /, start);
  });

  it('goes on after the state was killed and started again, and keeps its memories', async () => {
    const before = await worker.prints(/row (\d+)/);
    await state.stop('SIGKILL');
    const start = worker.output.length;
    await worker.prints(/waiting: database: /, start);
    state = new DemoProgram('state', home.path);
    const after = await worker.prints(/waiting: database: [^]*keep {2}row (\d+)/, start);
    expect(Number(after[1])).toBeGreaterThan(Number(before[1]));
    expect(state.output).not.toContain('making the database');
  });

  it('refuses a data directory that another process uses', async () => {
    await using second = new DemoProgram('state', home.path);
    expect(await second.ends()).toBe(1);
    expect(second.output).toMatch(/^the data directory .*\/db is in use by another process\n$/);
  });

  it('shows rows from others with their control characters made visible', async () => {
    await worker.stop();
    await addRow(stateDir, '\x1b]0;owned\x07\x1b[2J');
    await state.prints(/note +\\x1b\]0;owned\\x07\\x1b\[2J/);
    expect(state.output).not.toContain('\x1b');
    worker = new DemoProgram('worker', home.path);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends cleanly on %s', async (signal) => {
    await worker.prints(/keep {2}row /);
    for (const program of [worker, engine, state]) {
      expect(await program.stop(signal)).toBe(0);
    }
    expect(await readdir(stateDir)).toEqual(['db', 'db.lock']);
    engine = new DemoProgram('engine', home.path);
    state = new DemoProgram('state', home.path);
    worker = new DemoProgram('worker', home.path);
  });

  it('opens its socket in a private directory where the path would be too long', async () => {
    await state.stop();
    await using runtimeDir = await makeDemoDir();
    const longDir = join(home.path, 'x'.repeat(100));
    await mkdir(longDir, { mode: 0o700 });
    // The data moves instead of being made again, which takes seconds.
    await rename(join(stateDir, 'db'), join(longDir, 'db'));
    const env = { DEMO_STATE_DIR: longDir, XDG_RUNTIME_DIR: runtimeDir.path };
    for (const end of ['SIGKILL', 'SIGTERM'] as const) {
      await using moved = new DemoProgram('state', home.path, env);
      await moved.prints(/rows, embedded/);
      await addRow(longDir, `written before ${end}`);
      await moved.prints(new RegExp(`written before ${end}`));
      // One directory also after a kill: the next start removes what the last one left.
      expect(await readdir(runtimeDir.path)).toHaveLength(1);
      await moved.stop(end);
    }
    expect(await readdir(runtimeDir.path)).toEqual([]);
    await rename(join(longDir, 'db'), join(stateDir, 'db'));
    state = new DemoProgram('state', home.path);
  });
});

describe('a start of state that cannot succeed', { timeout: START_LIMIT_MS }, () => {
  it('says that a data directory is damaged, and what to do', async () => {
    await using home = await makeDemoDir();
    const dataDir = join(home.path, 'state/demo/db');
    await mkdir(join(dataDir, 'global'), { recursive: true, mode: 0o700 });
    await chmod(join(home.path, 'state/demo'), 0o700);
    await writeFile(join(dataDir, 'PG_VERSION'), '18\n');
    await using state = new DemoProgram('state', home.path);
    expect(await state.ends()).toBe(1);
    expect(state.output).toMatch(/^the data directory is damaged: move .*\/db away, and the next/);
    expect(await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).toBe('18\n');
  });

  it('never begins anew in a data directory that lost its version file', async () => {
    await using home = await makeDemoDir();
    const dataDir = join(home.path, 'state/demo/db');
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await using state = new DemoProgram('state', home.path);
    expect(await state.ends()).toBe(1);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('refuses a state directory that is open to other users', async () => {
    await using home = await makeDemoDir();
    await mkdir(join(home.path, 'open'));
    await chmod(join(home.path, 'open'), 0o755);
    await using state = new DemoProgram('state', home.path, { DEMO_STATE_DIR: 'open' });
    expect(await state.ends()).toBe(1);
    expect(state.output).toMatch(/open to other users: chmod 700 /);
  });

  it('names every setting that is wrong, without its value', async () => {
    await using home = await makeDemoDir();
    await using state = new DemoProgram('state', home.path, {
      DEMO_PERIOD_MS: '10',
      DEMO_ENGINE_PORT: '65536',
      OPENAI_BASE_URL: 'http://me:hunter2@host/v1',
      DATABASE_URL: 'mysql://me:hunter2@host/db',
    });
    expect(await state.ends()).toBe(78);
    for (const name of ['DEMO_PERIOD_MS', 'DEMO_ENGINE_PORT', 'OPENAI_BASE_URL', 'DATABASE_URL']) {
      expect(state.output).toContain(`${name} must be`);
    }
    expect(state.output).not.toContain('hunter2');
  });

  it('waits visibly for a database that is away', async () => {
    await using home = await makeDemoDir();
    const url = 'postgresql://me:hunter2@127.0.0.1:1/db';
    await using state = new DemoProgram('state', home.path, { DATABASE_URL: url });
    await state.prints(/waiting: database: .*ECONNREFUSED.*\(again in 0.5 s\)\n[^]*again in 1 s/);
    expect(state.output).not.toContain('hunter2');
    expect(await state.stop()).toBe(0);
  });
});

/** Writes a row as somebody else; the database takes one connection, so this waits its turn. */
async function addRow(stateDir: string, content: string): Promise<void> {
  const { url } = JSON.parse(await readFile(join(stateDir, 'database.json'), 'utf8')) as {
    url: string;
  };
  await until(
    async () => {
      const client = new Client({ connectionString: url });
      client.on('error', () => undefined);
      try {
        await client.connect();
        const sql = 'INSERT INTO agent_memory (kind, content, embedding) VALUES ($1, $2, $3)';
        await client.query(sql, ['note', content, '[1]']);
        return true;
      } catch {
        return undefined;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    () => 'a connection to the database',
  );
}
