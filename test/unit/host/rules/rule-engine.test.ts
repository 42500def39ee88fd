import { expect, test } from 'vitest';
import { ENGINE, engineStory, rulesOf, WORKER } from './engine-story.js';

const FREE = { cooldown: '0s', limit: { count: 1000, per: '1s' } };
const onOom = { name: 'oom', when: { pane: 'engine', match: 'out of memory' } };
const calm = (state: 'running' | 'starting' | 'failed' | 'healthy') => ({ state, question: null });

test('a line that matches fires once, and is on record before anything is done', async () => {
  const { clock, engineOutput, events, done, effects } = engineStory(
    rulesOf([{ ...onOom, do: { restart: 'worker' } }]),
  );
  effects.of = () => {
    expect(events).toHaveLength(1);
    return Promise.resolve();
  };
  engineOutput.write('fine\nout of memory, out of memory\n');
  await clock.passWith(0);
  expect(done).toEqual(['restart worker']);
  expect(events).toEqual([
    {
      ...{ kind: 'rule-fired', session: 'pair', pane: 'engine', by: 'rule:oom' },
      text: 'rule oom restarts worker, because engine put out "out of memory, out of memory"',
      facts: {
        ...{ rule: 'oom', when: 'match', matched: 'out of memory, out of memory' },
        ...{ action: 'restart', target: 'worker' },
      },
    },
  ]);
});

test('each action reaches its pane or its people', async () => {
  const actions = [
    { send: { pane: 'worker', text: 'go on' } },
    { send: { pane: 'worker', text: 'y', enter: false } },
    { keys: { pane: 'worker', keys: ['C-c', 'Enter'] } },
    { signal: { pane: 'worker', signal: 'SIGUSR1' } },
    { notify: 'look here' },
  ];
  const rules = actions.map((action, at) => ({ ...onOom, name: `rule${at}`, do: action }));
  const { clock, engineOutput, done, events, kinds } = engineStory(rulesOf(rules));
  engineOutput.write('out of memory\n');
  await clock.passWith(0);
  expect(done).toEqual([
    ...['send worker go on Enter', 'send worker y', 'keys worker C-c Enter'],
    ...['signal worker SIGUSR1', 'notify look here'],
  ]);
  expect(kinds().filter((kind) => kind === 'rule-fired')).toHaveLength(5);
  expect(events.find(({ kind }) => kind === 'notice')?.text).toBe('rule rule4 says: look here');
  expect(events[0]?.facts).toMatchObject({ target: 'worker', text: 'go on' });
});

test('a state fires when it is entered, not when it is first told or told again', () => {
  const rule = { name: 'down', when: { pane: 'engine', state: 'failed' }, do: { notify: 'x' } };
  const { engine, kinds } = engineStory(rulesOf([{ ...rule, ...FREE }]));
  engine.paneChanged(ENGINE, calm('failed'));
  engine.paneChanged(ENGINE, calm('failed'));
  engine.paneChanged(WORKER, calm('running'));
  engine.paneChanged(WORKER, calm('failed'));
  expect(kinds()).toEqual([]);
  engine.paneChanged(ENGINE, calm('starting'));
  engine.paneChanged(ENGINE, calm('failed'));
  expect(kinds()).toContain('rule-fired');
});

test('a pane that begins to ask fires needs-input with its question', () => {
  const rule = { name: 'asks', when: { pane: 'engine', state: 'needs-input' } };
  const { engine, events } = engineStory(rulesOf([{ ...rule, do: { notify: 'x' } }]));
  engine.paneChanged(ENGINE, calm('running'));
  engine.paneChanged(ENGINE, { state: 'running', question: 'go on?' });
  engine.paneChanged(ENGINE, { state: 'healthy', question: 'go on?' });
  expect(events.filter(({ kind }) => kind === 'rule-fired')).toHaveLength(1);
  expect(events[0]?.text).toBe('rule asks tells the drivers, because engine asks "go on?"');
});

test('a silence fires once, of a command that runs', async () => {
  const rule = {
    name: 'stuck',
    when: { pane: 'engine', silence: '1m' },
    do: { restart: 'engine' },
  };
  const { clock, engine, engineOutput, done } = engineStory(rulesOf([{ ...rule, ...FREE }]));
  await clock.passWith(120_000);
  engine.paneChanged(ENGINE, calm('running'));
  await clock.passWith(59_999);
  expect(done).toEqual([]);
  await clock.passWith(600_000);
  expect(done).toHaveLength(1);
  engineOutput.write('.');
  await clock.passWith(60_000);
  expect(done).toHaveLength(2);
  engine.paneChanged(ENGINE, calm('failed'));
  engineOutput.write('.');
  await clock.passWith(600_000);
  expect(done).toHaveLength(2);
});

test('within its cooldown a rule does not fire again, whatever the wall clock does', async () => {
  const rule = { ...onOom, do: { restart: 'worker' }, cooldown: '10s' };
  const { clock, engineOutput, done } = engineStory(rulesOf([rule]));
  engineOutput.write('out of memory\n');
  clock.jump(86_400_000);
  await clock.passWith(9999);
  engineOutput.write('out of memory\n');
  expect(done).toHaveLength(1);
  await clock.passWith(1);
  engineOutput.write('out of memory\n');
  await clock.passWith(0);
  expect(done).toHaveLength(2);
});

test('a flood fires as often as the limit says, and is told of once', async () => {
  const rule = { ...onOom, do: { notify: 'x' }, cooldown: '0s', limit: { count: 3, per: '1h' } };
  const { clock, engineOutput, done, events, kinds } = engineStory(rulesOf([rule]));
  engineOutput.write('out of memory\n'.repeat(5000));
  await clock.passWith(0);
  expect(done).toHaveLength(3);
  expect(kinds().filter((kind) => kind === 'rule-stopped')).toHaveLength(1);
  const stopped = events.find(({ kind }) => kind === 'rule-stopped');
  expect(stopped?.text).toBe('rule oom was stopped: it fired 3 times in 3600 s');
  await clock.passWith(3_600_000);
  engineOutput.write('out of memory\n');
  await clock.passWith(0);
  expect(done).toHaveLength(4);
});

test('rules that make each other fire are stopped, and work again when it is quiet', async () => {
  const { clock, engineOutput, output, done, kinds, effects, events } = engineStory(
    rulesOf([
      {
        name: 'a',
        when: { pane: 'engine', match: '^ping' },
        do: { send: { pane: 'worker', text: 'ping' } },
        ...FREE,
      },
      {
        name: 'b',
        when: { pane: 'worker', match: '^ping' },
        do: { send: { pane: 'engine', text: 'ping' } },
        ...FREE,
      },
    ]),
  );
  effects.of = async (action) =>
    output(action.includes('worker') ? WORKER : ENGINE).write('ping\n');
  engineOutput.write('ping\n');
  await clock.passWith(1000);
  expect(done).toHaveLength(5);
  expect(kinds().filter((kind) => kind === 'rule-stopped')).toHaveLength(1);
  expect(events.at(-1)?.text).toContain('rules make each other fire');
  await clock.passWith(5000);
  engineOutput.write('ping\n');
  await clock.passWith(1000);
  expect(done).toHaveLength(10);
});

test('a rule that restarts a pane because of its state is stopped, slow as the pane may be', async () => {
  const rule = {
    name: 'loop',
    when: { pane: 'engine', state: 'running' },
    do: { restart: 'engine' },
  };
  const { clock, engine, done, kinds } = engineStory(rulesOf([{ ...rule, ...FREE }]));
  engine.paneChanged(ENGINE, calm('starting'));
  for (let round = 0; round < 7; round += 1) {
    engine.paneChanged(ENGINE, calm('running'));
    await clock.passWith(20_000);
    engine.paneChanged(ENGINE, calm('starting'));
  }
  expect(done).toHaveLength(5);
  expect(kinds().filter((kind) => kind === 'rule-stopped')).toHaveLength(1);
});

test('an action that fails is on record with its reason', async () => {
  const { clock, engineOutput, effects, events } = engineStory(
    rulesOf([{ ...onOom, do: { restart: 'worker' } }]),
  );
  effects.of = () => Promise.reject(new Error('worker is \u001b[31mclosed'));
  engineOutput.write('out of memory\n');
  await clock.passWith(0);
  expect(events[1]).toMatchObject({ kind: 'rule-failed', by: 'rule:oom' });
  expect(events[1]?.text).toBe(String.raw`rule oom failed: worker is \x1b[31mclosed`);
});

test('an action that never ends is given up, and the next one of its rule follows', async () => {
  const { clock, engineOutput, effects, events, done } = engineStory(
    rulesOf([{ ...onOom, do: { restart: 'worker' }, ...FREE }]),
  );
  effects.of = () => new Promise(() => undefined);
  engineOutput.write('out of memory\nout of memory\n');
  await clock.passWith(59_999);
  expect(done).toHaveLength(1);
  await clock.passWith(1);
  expect(done).toHaveLength(2);
  expect(events.at(-1)?.text).toBe('rule oom failed: waited 60000 ms for restart');
});

test('more actions than may wait are refused, on record', async () => {
  const { clock, engineOutput, effects, kinds, done } = engineStory(
    rulesOf([{ ...onOom, do: { restart: 'worker' }, ...FREE }]),
  );
  effects.of = () => new Promise(() => undefined);
  engineOutput.write('out of memory\n'.repeat(66));
  await clock.passWith(0);
  expect(done).toHaveLength(1);
  expect(kinds().filter((kind) => kind === 'rule-fired')).toHaveLength(66);
  expect(kinds().filter((kind) => kind === 'rule-failed')).toHaveLength(1);
});

test('what a pane puts out is bounded and harmless on record, without secrets of its environment', async () => {
  const { clock, engineOutput, events } = engineStory(
    rulesOf([{ name: 'any', when: { pane: 'engine', match: 'key' }, do: { notify: 'x' } }]),
    { API_KEY: 'sk-123456', HOME: '/home/anna' },
  );
  engineOutput.write(`bad key sk-123456 \u001b]0;evil\u0007\u202e ${'x'.repeat(100_000)}\n`);
  await clock.passWith(0);
  const [fired] = events;
  expect(JSON.stringify(events)).not.toContain('sk-123456');
  expect(fired?.text).toContain(String.raw`bad key [API_KEY] \x1b]0;evil\x07\u{202e} xxx`);
  expect(fired?.text.length).toBeLessThanOrEqual(1024);
  expect(String(fired?.facts['matched']).length).toBeLessThan(600);
});

test('other rules hold at once, and the limits of those that stay go on', async () => {
  const rule = { ...onOom, do: { restart: 'worker' }, cooldown: '1h' };
  const { clock, engine, engineOutput, done, output } = engineStory(rulesOf([rule]));
  engineOutput.write('out of memory\n');
  const other = { name: 'other', when: { pane: 'worker', match: 'x' }, do: { notify: 'x' } };
  engine.setPlan(rulesOf([rule, other]));
  engineOutput.write('out of memory\n');
  output(WORKER).write('x\n');
  await clock.passWith(0);
  expect(done).toEqual(['restart worker', 'notify x']);
  engine.setPlan(rulesOf([]));
  expect(output(WORKER).listeners + engineOutput.listeners).toBe(0);
});

test('a silence that is waited for is not forgotten by a reload', async () => {
  const rule = {
    name: 'stuck',
    when: { pane: 'engine', silence: '1m' },
    do: { restart: 'engine' },
  };
  const { clock, engine, done } = engineStory(rulesOf([rule]));
  engine.paneChanged(ENGINE, calm('running'));
  await clock.passWith(59_000);
  engine.setPlan(rulesOf([rule]));
  await clock.passWith(1000);
  expect(done).toHaveLength(1);
  engine.setPlan(rulesOf([rule]));
  await clock.passWith(600_000);
  expect(done).toHaveLength(1);
});

test('output that was too much for the rules is on record, once a minute', () => {
  const { engineOutput, events } = engineStory(rulesOf([{ ...onOom, do: { notify: 'x' } }]));
  engineOutput.miss(5000);
  engineOutput.miss(7000);
  expect(events).toMatchObject([{ kind: 'output-lost', pane: 'engine', facts: { bytes: 5000 } }]);
});

test('after the close nothing fires, waits or listens', async () => {
  const stuck = { name: 'stuck', when: { pane: 'engine', silence: '1m' }, do: { notify: 'x' } };
  const { clock, engine, engineOutput, kinds } = engineStory(
    rulesOf([{ ...onOom, do: { notify: 'x' } }, stuck]),
  );
  engine.paneChanged(ENGINE, calm('running'));
  engine.close();
  engine.close();
  engineOutput.write('out of memory\n');
  engine.paneChanged(ENGINE, calm('failed'));
  await clock.passWith(600_000);
  expect([clock.pending, engineOutput.listeners, kinds()]).toEqual([0, 0, []]);
});
