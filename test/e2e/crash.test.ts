import { expect, test } from 'vitest';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

const STOPPING = 'triad: the gateway is stopping; session pair goes on, try again later';

/** A bug in the gateway, for which a signal stands in. */
function withBug(statement: string): Readonly<Record<string, string>> {
  const program = `process.on('SIGUSR2',()=>{${statement}})`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
}

test.each([
  ['an exception', `throw new Error('planted bug')`],
  ['a rejection', `Promise.reject(new Error('planted bug'))`],
])(
  '%s that nobody caught is told, everybody gets a sentence, and the status is 70',
  async (_what, statement) => {
    await using home = await TriadHome.make({
      people: { dora: 'driver', olga: 'observer' },
      env: withBug(statement),
    });
    const up = await home.up();
    const probe = await TmuxProbe.of(home);
    await using driver = Terminal.ssh({ port: up.port, keyPath: home.keyOf('dora') });
    await driver.sees('driving');
    await using observer = Terminal.ssh({ port: up.port, keyPath: home.keyOf('olga') });
    await observer.sees('watching');
    up.process.kill('SIGUSR2');
    for (const terminal of [driver, observer]) {
      expect(await terminal.status(), terminal.text).toBe(75);
      expect(terminal.lastLine).toBe(STOPPING);
      expect(terminal.isRestored).toBe(true);
    }
    expect((await up.ended).code).toBe(70);
    const error = { name: 'Error', message: 'planted bug' };
    const lines = home.lines('state/triad.log').filter(({ level }) => level === 'error');
    expect(lines).toMatchObject([{ msg: 'uncaught error, stopping', error }]);
    expect(await probe.ask('display-message', '-p', '#{session_name}')).toBe('pair');
  },
);

/** A pane whose output never ends, so that what a stopped client does not read piles up. */
const FLOOD = 'sessions: [{name: pair, panes: [{name: worker, command: [yes]}]}]\n';

test('people whose clients are stopped do not keep the gateway from stopping', async () => {
  const people = { dora: 'driver', olga: 'observer' } as const;
  await using home = await TriadHome.make({ people, triad: FLOOD });
  const up = await home.up();
  await using driver = Terminal.ssh({ port: up.port, keyPath: home.adminKey });
  await using stoppedDriver = Terminal.ssh({ port: up.port, keyPath: home.keyOf('dora') });
  await using stoppedObserver = Terminal.ssh({ port: up.port, keyPath: home.keyOf('olga') });
  for (const terminal of [driver, stoppedDriver, stoppedObserver]) await terminal.sees('y\ny\n');
  stoppedDriver.process.kill('SIGSTOP');
  stoppedObserver.process.kill('SIGSTOP');
  up.process.kill('SIGTERM');
  expect(await driver.status(), driver.text).toBe(75);
  expect(driver.lastLine).toBe(STOPPING);
  expect((await up.ended).code).toBe(0);
});
