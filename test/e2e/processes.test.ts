import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { runSsh } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { asUser, TriadHome, type Up } from '../helpers/triad-home.js';
import { HAS_OTHER_USERS } from '../helpers/user-relay.js';

/** The limit does not hold for root, and only root can be somebody else. */
const CAN_LIMIT = HAS_OTHER_USERS && spawnSync('prlimit', ['--version']).status === 0;
const NOBODY = 65_534;
const PANES = `sessions:
  - name: pair
    panes:
      - {name: agent, command: [cat], live: {exec: ['true'], interval: 1s, failures: 1}}
      - {name: worker, command: [sh, -c, 'echo begun; read line'], restart: always, backoff: {first: 100ms}}
    rules:
      - {name: tell, when: {pane: worker, match: begun}, do: {exec: ['true']}, cooldown: 1s}
`;

/** How many processes of its user there may be for it to start one more. */
function limit(up: Up, processes: string): void {
  const file = ['prlimit', '--pid', `${up.process.pid}`, `--nproc=${processes}:`];
  const [command = '', ...args] = [...asUser(NOBODY), ...file];
  execFileSync(command, args);
}

async function problems(home: TriadHome): Promise<string> {
  const { sessions } = await home.status();
  return sessions.flatMap((session) => session.problems).join('\n');
}

test.runIf(CAN_LIMIT)(
  'a host that may start no process (prlimit) ends no agent for a probe that cannot be run, says so, and goes on by itself',
  async () => {
    await using home = await TriadHome.make({ triad: PANES, user: NOBODY });
    const up = await home.up();
    const target = { port: up.port, keyPath: home.adminKey };
    const pane = async (name: string) =>
      (await home.status()).sessions[0]?.panes.find((each) => each.name === name);
    const before = await pane('agent');
    const most = execFileSync('prlimit', ['--nproc', '--noheadings', '--output=SOFT']).toString();

    limit(up, '1');
    await eventually('status tells that no process can be started', async () =>
      /starts of processes fail.*no process may be started any more \(EAGAIN\)/.test(
        await problems(home),
      ),
    );
    expect(await home.run(['send', 'worker', 'end'])).toMatchObject({ code: 0 });
    await eventually('its keeper starts it again', async () => (await pane('worker'))?.restarts);
    const failed = await eventually('the rule says why it failed', () =>
      home.lines('state/events.jsonl').find(({ kind }) => kind === 'rule-failed'),
    );
    expect(JSON.stringify(failed)).toContain('no process may be started any more (EAGAIN)');
    const asked = await runSsh(target, { command: ['status'] });
    expect([asked.code, asked.stdout]).toEqual([0, expect.stringContaining('problem: starts')]);
    const refused = Terminal.ssh(target);
    await refused.sees('no terminal could be opened: no process or pseudoterminal is left');
    await refused[Symbol.asyncDispose]();

    limit(up, most.trim());
    await eventually('status tells no problem any more', async () => (await problems(home)) === '');
    const { pid, restarts, lastExit } = (await pane('agent')) ?? {};
    expect({ pid, restarts, lastExit }).toEqual({ pid: before?.pid, restarts: 0, lastExit: null });
    await using terminal = Terminal.ssh(target);
    await terminal.sees('begun');
  },
);
