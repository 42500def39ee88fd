import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ConfigurationError, RefusedError } from '../../../src/base/errors.js';
import { type HostEvent, MAX_EVENTS_PER_PAGE } from '../../../src/base/host-event.js';
import { engineerName, paneName, sessionName } from '../../../src/base/ids.js';
import { LoopShare } from '../../../src/base/loop-share.js';
import { MAX_OUTPUT_BYTES } from '../../../src/base/output-page.js';
import type { ReloadReport } from '../../../src/base/reload-report.js';
import type { HostLink } from '../../../src/link/host-link.js';
import { openLinkClient } from '../../../src/link/link-client.js';
import { LinkServer } from '../../../src/link/link-server.js';
import { CALL_NAMES, rowOf } from '../../../src/link/schema.js';
import { openLogger } from '../../../src/log/logger.js';
import { describedPane, describedSession, fakeHost } from '../../helpers/fake-host.js';
import { samplesOf } from '../../helpers/schema-samples.js';

const log = openLogger({ level: 'error', destination: { write: () => undefined } });
const WORKER = { session: sessionName('pair'), pane: paneName('worker') };
const ALL = { session: WORKER.session, pane: null };

interface Linked extends AsyncDisposable {
  readonly link: HostLink;
}

async function inProcess(host: HostLink): Promise<Linked> {
  return { link: host, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function overSocket(host: HostLink): Promise<Linked> {
  const folder = mkdtempSync(join(tmpdir(), 'triad-link-'));
  const path = join(folder, 'link.sock');
  const server = await LinkServer.listen({ path, log, taken: () => new Error('taken') });
  server.serve(host);
  const link = openLinkClient({ path, log, share: new LoopShare() });
  await link.whenReachable(AbortSignal.timeout(60_000));
  const close = async () => {
    link.close();
    await server.close();
    rmSync(folder, { recursive: true });
  };
  return { link, [Symbol.asyncDispose]: close };
}

const EVENT: HostEvent = {
  ...{ number: 7, at: 1_700_000_000_000, kind: 'pane-state', ...WORKER, by: 'rule:again' },
  text: 'worker: running, then backoff',
  facts: { from: 'running', restarts: 3, ok: false, exit: null },
};

/** A host that answers everything with what comes next of `answers`, and notes what it was asked. */
function answering(answers: unknown[], asked: unknown[]): HostLink {
  const answer = async (request: unknown) => {
    asked.push(request);
    return answers[asked.length - 1];
  };
  const calls = Object.fromEntries(CALL_NAMES.map((name) => [name, answer]));
  return fakeHost(calls);
}

describe.each([
  ['in process', inProcess],
  ['over a socket', overSocket],
])('the link %s', (_form, open) => {
  test.each(CALL_NAMES)(
    'brings what %s asks for to the host, and each answer back',
    async (name) => {
      const { request, answer } = rowOf(name);
      const samples = samplesOf(request);
      const answers = samplesOf(answer).map((wire) => answer.parse(wire));
      const rounds = Array.from({ length: Math.max(samples.length, answers.length) }, (_, at) => ({
        ...{ asks: samples[at % samples.length], gets: answers[at % answers.length] },
      }));
      const asked: unknown[] = [];
      const host = answering(
        rounds.map(({ gets }) => gets),
        asked,
      );
      await using linked = await open(host);
      const ask: (request: never) => Promise<unknown> = linked.link[name];
      for (const { asks, gets } of rounds) {
        expect(await ask(asks as never)).toEqual(gets);
        expect(asked.at(-1)).toEqual(asks);
      }
    },
  );

  test('starts, stops and restarts one pane or all, and sends signals', async () => {
    const asked: unknown[] = [];
    await using linked = await open(
      fakeHost({
        supervise: async ({ action, ...panes }) => void asked.push([action, panes]),
        pane: async ({ ask, ...pane }) => {
          asked.push([ask, pane]);
          return [];
        },
      }),
    );
    await linked.link.supervise({ ...WORKER, action: 'start' });
    await linked.link.supervise({ ...ALL, action: 'stop' });
    await linked.link.supervise({ ...ALL, action: 'restart' });
    await linked.link.pane({ ...WORKER, ask: { verb: 'signal', signal: 'SIGUSR1' } });
    expect(asked).toEqual([
      ['start', WORKER],
      ['stop', ALL],
      ['restart', ALL],
      [{ verb: 'signal', signal: 'SIGUSR1' }, WORKER],
    ]);
  });

  test('brings each byte of a pane’s output, and how much of it is not kept', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const asked: unknown[] = [];
    await using linked = await open(
      fakeHost({
        output: async (request) => {
          asked.push(request);
          return { bytes, skipped: 12, next: 268, stream: '1' };
        },
      }),
    );
    for (const start of [{ at: 0 }, { since: 1_700_000_000_000.5 }, { lines: 0 }]) {
      const request = { start, maxBytes: MAX_OUTPUT_BYTES, waitMs: 20_000 };
      const page = await linked.link.output({ ...WORKER, ...request });
      expect(Buffer.from(bytes).equals(page.bytes)).toBe(true);
      expect(page).toMatchObject({ skipped: 12, next: 268 });
      expect(asked.pop()).toEqual({ ...WORKER, ...request });
    }
  });

  test('brings each piece of a capture of megabytes', async () => {
    const pieces = Array.from({ length: 300 }, (_, at) => `${at} \x1b[31m${'ü\n'.repeat(4096)}`);
    await using linked = await open(fakeHost({ pane: async () => pieces }));
    expect(
      await linked.link.pane({ ...WORKER, ask: { verb: 'capture', lines: 'all', ansi: true } }),
    ).toEqual(pieces);
  });

  test('waits with an answer for as long as the host does, and answers others meanwhile', async () => {
    let happen: (events: HostEvent[]) => void = () => undefined;
    const happened = new Promise<HostEvent[]>((resolve) => {
      happen = resolve;
    });
    await using linked = await open(
      fakeHost({
        events: async () => ({ events: await happened, last: 7, missed: 2, afterAt: 5 }),
        describe: async () => [],
      }),
    );
    const waiting = linked.link.events({ after: -20, count: MAX_EVENTS_PER_PAGE, waitMs: 20_000 });
    expect(await linked.link.describe({})).toEqual([]);
    happen([EVENT]);
    expect(await waiting).toEqual({ events: [EVENT], last: 7, missed: 2, afterAt: 5 });
  });

  test('tells everything about a pane', async () => {
    const pane = describedPane('worker', {
      ...{ state: 'backoff', reason: 'status 1', pid: null, restarts: 4, crashes: 4, startsAt: 99 },
      ...{ lastExit: { status: null, signal: 'SIGKILL', at: 5 }, question: 'Go on? [y/N]' },
      problems: ['its log file cannot be written'],
    });
    await using linked = await open(fakeHost({ describe: async () => [describedSession([pane])] }));
    expect(await linked.link.describe({})).toEqual([describedSession([pane])]);
  });

  test('tells what a reload changed, and a session who is there', async () => {
    const report: ReloadReport = {
      changes: [
        { ...WORKER, change: 'restarted' },
        { ...ALL, change: 'changed' },
      ],
    };
    const present = vi.fn(async () => undefined);
    await using linked = await open(fakeHost({ reload: async () => report, present }));
    expect(await linked.link.reload({})).toEqual(report);
    const presence = { drivers: [engineerName('dora')], observers: 12 };
    await linked.link.present({ session: WORKER.session, ...presence });
    expect(present).toHaveBeenCalledWith({ session: WORKER.session, ...presence });
  });

  test('tells all that is wrong with a file, and refuses with the host’s words', async () => {
    const problems = ['config/triad.yaml:3:5: is wrong', 'config/triad.yaml:9:1: is missing'];
    await using linked = await open(
      fakeHost({
        reload: () => Promise.reject(new ConfigurationError(problems, { hint: 'correct it' })),
        supervise: () =>
          Promise.reject(new RefusedError('worker runs already', { hint: 'status' })),
      }),
    );
    const wrong = await linked.link.reload({}).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(ConfigurationError);
    expect(wrong).toMatchObject({ problems, message: problems.join('\n'), hint: 'correct it' });
    const refused = linked.link.supervise({ ...WORKER, action: 'start' });
    await expect(refused).rejects.toThrow(RefusedError);
    await expect(refused).rejects.toMatchObject({ message: 'worker runs already', hint: 'status' });
  });
});

test('a command that takes an hour to end is waited for as long as the host lives', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let isAsked = false;
    const supervise = () => {
      isAsked = true;
      return ended;
    };
    const pane = () => ended.then(() => []);
    await using linked = await overSocket(fakeHost({ supervise, pane }));
    const stopping = linked.link.supervise({ ...ALL, action: 'stop' });
    const given = linked.link
      .pane({ ...WORKER, ask: { verb: 'capture', lines: 'all', ansi: false } })
      .catch(String);
    await vi.waitUntil(() => isAsked, { timeout: 15_000 });
    vi.advanceTimersByTime(3_600_000);
    expect(await given).toContain('waited 60000 ms for pane over the link');
    end();
    await stopping;
  } finally {
    vi.useRealTimers();
  }
});
