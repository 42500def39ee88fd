import { beforeEach, describe, expect, test } from 'vitest';
import type { PaneExit, PaneState } from '../../../../src/base/pane.js';
import type { PanePolicy } from '../../../../src/host/plan/session-plan.js';
import { describeExit } from '../../../../src/host/triad/command-exit.js';
import { PaneLife } from '../../../../src/host/triad/pane-life.js';
import { freshMemory, readMemory, writeMemory } from '../../../../src/host/triad/pane-memory.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const POLICY: PanePolicy = {
  restart: 'always',
  backoff: { firstMs: 1_000, factor: 2, maxMs: 5_000, jitter: 0 },
  resetAfterMs: 60_000,
  crashLimit: 4,
  stop: { signal: 'SIGTERM', graceMs: 3_000 },
};
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: FakeClock;
let random: number;
/** What the life told to do, and its changes, in order. */
let told: string[];
let obstacle: string | undefined;

beforeEach(() => {
  clock = new FakeClock();
  random = 0;
  told = [];
  obstacle = undefined;
});

function lifeOf(policy: Partial<PanePolicy> = {}, hasReadyProbe = false, remembered?: object) {
  return new PaneLife({
    ...{ clock, random: () => random, waitsFor: () => obstacle },
    plan: { policy: { ...POLICY, ...policy }, hasReadyProbe },
    memory: { ...freshMemory(clock.now()), ...remembered },
    start: () => told.push('START'),
    signal: (signal) => told.push(signal),
    describeExit,
    onChange: ({ to, reason }) => told.push(`${to}: ${reason}`),
    onCount: () => told.push('counted'),
  });
}

function running(policy: Partial<PanePolicy> = {}, hasReadyProbe = false): PaneLife {
  const life = lifeOf(policy, hasReadyProbe);
  life.keeperCame();
  life.started();
  told.length = 0;
  return life;
}

function exit(status: number, at = clock.now()): PaneExit {
  return { status, signal: null, at };
}

function killedBy(signal: string): PaneExit {
  return { status: null, signal, at: clock.now() };
}

function takeTold(): string[] {
  return told.splice(0);
}

describe('a start', () => {
  test('happens when there is nothing to wait for, and is over when the keeper tells so', () => {
    const life = lifeOf();
    life.keeperCame();
    life.started();
    expect(told).toEqual(['starting: its pane is there', 'START', 'running: command started']);
  });

  test('waits with the reason of the moment, and happens once', () => {
    obstacle = 'waits for db to run';
    const life = lifeOf();
    life.keeperCame();
    expect(life.memory).toMatchObject({ state: 'waiting', reason: 'waits for db to run' });
    obstacle = 'waits for cache to run';
    life.recheck();
    expect(life.memory).toMatchObject({ state: 'waiting', reason: 'waits for cache to run' });
    obstacle = undefined;
    life.recheck();
    life.recheck();
    expect(told).toEqual(['starting: nothing to wait for any more', 'START']);
  });

  test('is not asked for twice', () => {
    const life = running();
    life.askStart('again');
    expect(told).toEqual([]);
  });
});

describe('an end', () => {
  test.each<[PanePolicy['restart'], PaneExit, PaneState, number]>([
    ['always', { status: 0, signal: null, at: 0 }, 'backoff', 0],
    ['always', { status: 3, signal: null, at: 0 }, 'backoff', 1],
    ['on-failure', { status: 0, signal: null, at: 0 }, 'exited', 0],
    ['on-failure', { status: 3, signal: null, at: 0 }, 'backoff', 1],
    ['on-failure', { status: null, signal: 'SIGKILL', at: 0 }, 'backoff', 1],
    ['on-failure', { status: 127, signal: null, at: 0 }, 'backoff', 1],
    ['never', { status: 0, signal: null, at: 0 }, 'exited', 0],
    ['never', { status: 3, signal: null, at: 0 }, 'exited', 1],
    ['never', { status: 126, signal: null, at: 0 }, 'failed', 1],
    ['never', { status: 127, signal: null, at: 0 }, 'failed', 1],
  ])('with restart %s and %o leads to %s with %i crashes', (restart, how, state, crashes) => {
    const life = running({ restart });
    life.ended(how);
    expect(life.memory).toMatchObject({ state, crashes });
  });

  test('is told in the words of the shell where the command cannot be run', () => {
    const life = running();
    life.ended(exit(127));
    expect(life.memory.reason).toBe('command not found, or its directory (status 127)');
  });

  test('lengthens the pauses up to the longest', () => {
    const life = running({ crashLimit: 100 });
    const pauses = [1, 2, 3, 4, 5].map(() => {
      life.ended(killedBy('SIGSEGV'));
      const { pauseMs } = life.memory;
      clock.pass(pauseMs - 1);
      expect(life.state).toBe('backoff');
      clock.pass(1);
      expect(life.state).toBe('starting');
      life.started();
      return pauseMs;
    });
    expect(pauses).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test.each([
    [0, 0],
    [1, 5_000],
  ])('has a pause after thousands of pauses that began with %i ms', (firstMs, pauseMs) => {
    const life = lifeOf({ backoff: { ...POLICY.backoff, firstMs } }, false, {
      ...{ state: 'running', pauses: 5_000 },
    });
    life.ended(exit(0));
    expect(life.memory).toMatchObject({
      state: 'backoff',
      pauseMs,
      startsAt: clock.now() + pauseMs,
    });
    expect(readMemory(writeMemory({ ...freshMemory(0), ...life.memory }))).toBeDefined();
  });

  test.each([
    [0, 1_000],
    [0.5, 800],
    [0.999999, 600],
  ])('by chance of %d pauses for %i ms', (chance, pauseMs) => {
    random = chance;
    const life = running({ backoff: { ...POLICY.backoff, jitter: 0.4 } });
    life.ended(exit(1));
    expect(life.memory.pauseMs).toBe(pauseMs);
  });

  test('that comes too often in a row is a failure, and clean ends do not count', () => {
    const life = running({ crashLimit: 2 });
    for (const status of [0, 1, 0, 0]) {
      life.ended(exit(status));
      clock.pass(life.memory.pauseMs);
      life.started();
    }
    expect(life.memory).toMatchObject({ state: 'running', crashes: 1 });
    life.ended(exit(1));
    expect(life.memory).toMatchObject({
      state: 'failed',
      reason: 'exited with status 1; crashed 2 times in a row',
    });
    clock.pass(HOUR);
    expect(life.state).toBe('failed');
    life.askStart('start was asked for');
    expect(life.memory).toMatchObject({ state: 'starting', crashes: 0 });
  });
});

describe('being well for long enough', () => {
  test('makes crashes and pauses count anew', () => {
    const life = running();
    life.ended(exit(1));
    clock.pass(1_000);
    life.started();
    clock.pass(MINUTE - 1);
    expect(life.memory).toMatchObject({ crashes: 1, pauses: 1 });
    clock.pass(1);
    expect(life.memory).toMatchObject({ crashes: 0, pauses: 0 });
    expect(told.at(-1)).toBe('counted');
  });

  test('begins with being ready where there is a probe, and again after not being so', () => {
    const life = running({}, true);
    life.ended(exit(1));
    clock.pass(1_000);
    life.started();
    clock.pass(HOUR);
    expect(life.memory.crashes).toBe(1);
    life.ready('answers');
    clock.pass(MINUTE - 1);
    life.unready('does not answer');
    clock.pass(HOUR);
    expect(life.memory.crashes).toBe(1);
    life.ready('answers');
    clock.pass(MINUTE);
    expect(life.memory.crashes).toBe(0);
  });
});

describe('a command', () => {
  test('that is stopped gets the signal, after the grace SIGKILL, and stays stopped', () => {
    const life = running();
    life.askStop('stop was asked for');
    clock.pass(2_999);
    expect(takeTold()).toEqual(['stopping: stop was asked for', 'SIGTERM']);
    clock.pass(1);
    expect(takeTold()).toEqual(['SIGKILL']);
    life.ended(killedBy('SIGKILL'));
    clock.pass(HOUR);
    expect(takeTold()).toEqual(['stopped: stop was asked for']);
  });

  test('that does not end even so is killed again and again', () => {
    const life = running();
    life.askStop('stop was asked for');
    clock.pass(13_000);
    expect(told.slice(2)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
    expect(life.state).toBe('stopping');
  });

  test('that is restarted is started at once when it has ended, and that is no crash', () => {
    const life = running();
    life.askRestart('restart was asked for');
    life.ended(killedBy('SIGTERM'));
    expect(takeTold()).toEqual([
      ...['stopping: restart was asked for', 'SIGTERM'],
      ...['starting: restart was asked for', 'START'],
    ]);
    expect(life.memory).toMatchObject({ crashes: 0, ending: null });
  });

  test('that is being restarted can still be stopped', () => {
    const life = running();
    life.askRestart('restart was asked for');
    life.askStop('stop was asked for');
    life.ended(killedBy('SIGTERM'));
    expect(life.memory).toMatchObject({ state: 'stopped', reason: 'stop was asked for' });
    expect(told.filter((each) => each === 'SIGTERM')).toHaveLength(1);
  });

  test('that rests is stopped without a signal, and not started when its pause is over', () => {
    const life = running();
    life.ended(exit(1));
    takeTold();
    life.askStop('stop was asked for');
    clock.pass(HOUR);
    expect(takeTold()).toContain('stopped: stop was asked for');
    expect(life.memory.startsAt).toBeNull();
    expect(clock.pending).toBe(0);
  });

  test('whose liveness probe fails is ended as a crash, for that reason', () => {
    const life = running({}, true);
    life.ready('answers');
    takeTold();
    life.dead('no answer from 127.0.0.1:80');
    life.ended(killedBy('SIGTERM'));
    expect(takeTold()).toEqual([
      'unhealthy: no answer from 127.0.0.1:80',
      ...['stopping: no answer from 127.0.0.1:80', 'SIGTERM'],
      'backoff: no answer from 127.0.0.1:80',
    ]);
    expect(life.memory.crashes).toBe(1);
  });

  test('whose liveness probe fails has failed where it is never restarted', () => {
    const life = running({ restart: 'never' });
    life.dead('silent for 60 s');
    life.ended(exit(0));
    expect(life.memory).toMatchObject({ state: 'failed', reason: 'silent for 60 s' });
  });

  test('whose pane is closed ends for that reason, and follows its policy', () => {
    const life = running();
    life.closing('its pane was closed');
    life.ended(killedBy('SIGHUP'), 'its pane was closed');
    expect(told).toEqual(['stopping: its pane was closed', 'backoff: its pane was closed']);
    expect(life.memory).toMatchObject({ crashes: 0, pauses: 1 });
  });
});

describe('a jump of the wall clock', () => {
  test.each([-HOUR, HOUR])('by %i ms changes no wait', (jump) => {
    const life = running({}, false);
    life.ended(exit(1));
    clock.jump(jump);
    clock.pass(999);
    expect(life.state).toBe('backoff');
    clock.pass(1);
    expect(life.state).toBe('starting');
    life.started();
    clock.jump(jump);
    clock.pass(MINUTE - 1);
    expect(life.memory.crashes).toBe(1);
    clock.pass(1);
    expect(life.memory.crashes).toBe(0);
    life.askStop('stop was asked for');
    takeTold();
    clock.jump(jump);
    clock.pass(2_999);
    expect(told).toEqual([]);
    clock.pass(1);
    expect(told).toEqual(['SIGKILL']);
  });
});

describe('the next manager', () => {
  function nextOf(life: PaneLife): PaneLife {
    life.release();
    const memory = readMemory(writeMemory({ ...freshMemory(0), ...life.memory }));
    takeTold();
    return lifeOf({}, false, memory);
  }

  test.each([
    ['as long as it was', 0, 1_500],
    ['not longer than the whole pause after a jump back', -HOUR, 2_000],
    ['not at all after a jump forth', HOUR, 0],
  ])('goes on with a pause, %s', (_what, jump, leftMs) => {
    const life = running();
    life.ended(exit(1));
    clock.pass(1_000);
    life.started();
    life.ended(exit(1));
    clock.pass(500);
    clock.jump(jump);
    const next = nextOf(life);
    next.resume();
    clock.pass(Math.max(0, leftMs - 1));
    expect(next.state).toBe(leftMs === 0 ? 'starting' : 'backoff');
    clock.pass(1);
    expect(next.memory).toMatchObject({ state: 'starting', crashes: 2, pauses: 2 });
  });

  test('goes on with the grace of a stop, and what was stopped stays so', () => {
    const life = running();
    life.askStop('stop was asked for');
    clock.pass(1_000);
    const next = nextOf(life);
    next.resume();
    clock.pass(1_999);
    expect(told).toEqual([]);
    clock.pass(1);
    expect(told).toEqual(['SIGKILL']);
    next.ended(killedBy('SIGKILL'));
    const third = nextOf(next);
    third.resume();
    third.keeperCame();
    expect(third.state).toBe('stopped');
  });

  test('goes on counting how long it has been well', () => {
    const life = running();
    life.ended(exit(1));
    clock.pass(1_000);
    life.started();
    clock.pass(MINUTE - 10);
    const next = nextOf(life);
    next.resume();
    clock.pass(9);
    expect(next.memory.crashes).toBe(1);
    clock.pass(1);
    expect(next.memory.crashes).toBe(0);
  });

  test('handles an end that nobody saw as one at its time', () => {
    const life = running();
    const next = nextOf(life);
    const endedAt = clock.now();
    clock.pass(400);
    next.endedBefore(exit(1, endedAt));
    clock.pass(599);
    expect(next.memory).toMatchObject({ state: 'backoff', crashes: 1 });
    clock.pass(1);
    expect(next.state).toBe('starting');
  });

  test('starts a command that a manager was about to start, and not one that was started', () => {
    const life = lifeOf();
    life.keeperCame();
    const next = nextOf(life);
    next.resume();
    next.keeperCame();
    expect(takeTold()).toEqual(['START']);
    next.started();
    next.keeperCame();
    expect(takeTold()).toEqual(['running: command started']);
  });

  test.each([{ since: 8.64e15 + 2 }, { startsAt: 1e300 }, { startsAt: -1 }])(
    'takes %j for no moment',
    (planted) => {
      const memory = { ...freshMemory(0), ...planted };
      expect(readMemory(JSON.stringify(memory))).toBeUndefined();
    },
  );

  test.each(['', 'no json', '{}', '{"state":"running"}', '[1]', 'null', '"x"'])(
    'takes %j for no memory',
    (text) => {
      expect(readMemory(text)).toBeUndefined();
    },
  );
});
