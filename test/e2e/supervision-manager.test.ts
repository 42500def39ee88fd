import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { TESTED_TMUX } from '../helpers/tested-tmux.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { type Running, TriadHome } from '../helpers/triad-home.js';

const UP = ['up', '--listen', '127.0.0.1:0'];
const NAMES = ['engine', 'worker', 'state'];
/** Each start leaves a line, and kills the manager first where that is asked for. */
const commandOf = (name: string) =>
  `echo ${name} >> starts; rm die-${name} 2>/dev/null && kill -9 $(cat manager.pid); exec cat`;
const TRIAD = JSON.stringify({
  sessions: [{ name: 'pair', panes: NAMES.map((name) => ({ name, command: commandOf(name) })) }],
});
/** A tmux that notes who calls it, and kills the caller when it has done command number `die-at`. */
const countingTmux = (root: string, tmux: string) => `#!/bin/sh
case "$*" in *source-file*) exec ${tmux} "$@" ;; *${root}*) ;; *) exec ${tmux} "$@" ;; esac
cd ${root} || exit 1
echo $PPID > manager.pid
at=$(($(cat calls) + 1))
echo $at > calls
[ $at = "$(cat die-at)" ] || exec ${tmux} "$@"
case "$*" in *-C*) ;; *) ${tmux} "$@" ;; esac
kill -9 $PPID
`;

/** A home in which a start can be killed at any step. */
async function makeHome(): Promise<TriadHome> {
  const env: Record<string, string> = {};
  const home = await TriadHome.make({ triad: TRIAD, env });
  env['TRIAD_TMUX'] = home.path('counting-tmux');
  const tmux = TESTED_TMUX;
  writeFileSync(home.path('counting-tmux'), countingTmux(home.root, tmux), { mode: 0o755 });
  dieAt(home, 'never');
  return home;
}

function dieAt(home: TriadHome, step: number | string): void {
  writeFileSync(home.path('calls'), '0');
  writeFileSync(home.path('die-at'), `${step}`);
}

function startsIn(home: TriadHome): string[] {
  return existsSync(home.path('starts')) ? home.read('starts').trim().split('\n').sort() : [];
}

/** The command lines of what runs in a home. */
function processesOf(home: TriadHome): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(home.root) ? [line] : [];
    } catch {
      return [];
    }
  });
}

/** One session with three panes, in each of which one command was started once. */
async function isWhole(home: TriadHome): Promise<void> {
  await eventually(
    'every command has started',
    () => startsIn(home).length >= NAMES.length,
    () => home.read('state/triad.log'),
  );
  const panes = await eventually('all panes run', async () => {
    const [session] = (await home.status()).sessions;
    const doAll = session?.panes.every(({ state }) => state === 'running') === true;
    return doAll ? session.panes : undefined;
  });
  expect(panes.map(({ name, restarts }) => `${name} ${restarts}`)).toEqual(
    NAMES.map((name) => `${name} 0`),
  );
  expect(startsIn(home)).toEqual([...NAMES].sort());
  const keepers = processesOf(home).filter((line) => /^\S*\/keeper /.test(line));
  expect(keepers).toHaveLength(NAMES.length);
  const probe = await TmuxProbe.of(home);
  expect(await probe.sessions()).toEqual(['pair']);
  const marks = await probe.ask(
    'list-panes',
    '-s',
    '-t',
    probe.target,
    '-F',
    '#{@triad_panes}|#{@triad_pane}',
  );
  expect(marks.split('\n')).toEqual(NAMES.map((name) => `${NAMES.join(' ')}|${name}`));
}

/** What the record says of sessions. */
function sessionTexts(home: TriadHome): unknown[] {
  const events = home.lines('state/events.jsonl');
  return events.filter(({ kind }) => String(kind).startsWith('session')).map(({ text }) => text);
}

/** tmux commands of a start until its control connection stands; there are a few less or more. */
const STEPS = 26;
const some = count(3, STEPS);
const steps = Array.from({ length: some }, (_, index) =>
  Math.round(((index + 0.5) * STEPS) / some),
);

test.each([...steps, ...NAMES.slice(0, count(1, NAMES.length))])(
  'a manager killed at step %s of its start is followed by one that makes the rest, and nothing twice',
  async (step) => {
    await using home = await makeHome();
    dieAt(home, step);
    if (typeof step === 'string') writeFileSync(home.path(`die-${step}`), '');
    const killed = await home.run(UP);
    expect(killed.code, killed.stderr).toBeNull();
    dieAt(home, 'never');
    await home.up();
    await isWhole(home);
    const texts = sessionTexts(home);
    expect(['session made', 'session taken over']).toContain(texts.at(-1));
  },
);

/** Two managers of one home at the same moment; @returns the one that runs, and what the other was told. */
async function startTwo(
  ...starts: readonly Promise<Running>[]
): Promise<{ running: Running; refusal: string }> {
  const outcomes = await Promise.allSettled(starts);
  const [running, ...more] = outcomes.flatMap((each) =>
    each.status === 'fulfilled' ? [each.value] : [],
  );
  const refusals = outcomes.flatMap((each) =>
    each.status === 'rejected' ? [String(each.reason)] : [],
  );
  if (running === undefined || more.length > 0) throw new Error(`not one runs: ${refusals.join()}`);
  return { running, refusal: refusals.join() };
}

test('of two managers started at the same moment one runs and the other is told so, and nothing is started twice', async () => {
  for (let round = 0; round < count(1, 40); round += 1) {
    await using home = await TriadHome.make({ triad: TRIAD });
    const first = await startTwo(home.up(), home.up());
    expect(first.refusal).toContain('triad: error: triad is running here already');
    await isWhole(home);
    first.running.process.kill('SIGKILL');
    await first.running.ended;
    const second = await startTwo(home.host(), home.up());
    expect(second.refusal).toContain('another triad runs the sessions of this home already');
    if (second.running.process.spawnargs.includes('host')) await home.gateway();
    await isWhole(home);
    expect(sessionTexts(home)).toEqual(['session made', 'session taken over']);
  }
});
