import { expect, test } from 'vitest';
import { paneName } from '../../../../src/base/ids.js';
import { ControlConnection } from '../../../../src/host/tmux/control-connection.js';
import { panesOf, type RowSource } from '../../../../src/host/tmux/rows.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const FIELDS = {
  id: 'pane_id',
  name: '@triad_pane',
  memory: '@triad_memory',
  mark: '@triad_program',
  session: 'session_name',
  isDead: 'pane_dead',
  cols: 'pane_width',
} as const;

/** Both that ask tmux for rows. */
async function bothOf(tmux: PrivateTmux) {
  const control = await ControlConnection.open(tmux.server, tmux.sessionId, () => undefined);
  return {
    sources: [control, tmux.server] satisfies RowSource[],
    [Symbol.asyncDispose]: async () => {
      control.close();
      await control.closed;
    },
  };
}

test.each([
  ...['two words', ' before and after ', '', 'tab\there', 'back\\slash \\', '%end 1 2 1'],
  ...['#{pid} #(id) #[fg=red]', '"quoted" \'too\'', '$HOME `id`', '{"reason":"it, ended"}'],
  ...['%1 @1 0 1 77', '| & ; < > ( ) * ?', 'Grüße 漢字 🙂'],
])('a value of %j is read as it is, and so are those around it', async (value) => {
  await using tmux = await PrivateTmux.start();
  await using asked = await bothOf(tmux);
  await tmux.ask('rename-session', '-t', tmux.sessionId, 'with two spaces');
  for (const name of ['@triad_memory', '@triad_program']) {
    await tmux.ask('set-option', '-p', '-t', tmux.pane, '--', name, value);
  }
  await tmux.ask('set-option', '-p', '-t', tmux.pane, '@triad_pane', 'worker');
  for (const source of asked.sources) {
    expect(await panesOf(source, tmux.sessionId, FIELDS)).toEqual([
      {
        ...{ id: tmux.pane, name: paneName('worker'), memory: value, mark: value },
        ...{ session: 'with two spaces', isDead: false, cols: 80 },
      },
    ]);
  }
});

test('a line break in a value makes no row of its own, and no name', async () => {
  await using tmux = await PrivateTmux.start();
  await using asked = await bothOf(tmux);
  const forged = `worker\n%99 engine x x pair 0 80\n`;
  await tmux.ask('set-option', '-p', '-t', tmux.pane, '@triad_pane', forged);
  for (const source of asked.sources) {
    const rows = await panesOf(source, tmux.sessionId, FIELDS);
    expect(rows).toMatchObject([{ id: tmux.pane, name: undefined, session: 'pair', cols: 80 }]);
  }
});

test('rows of more than one pane, of a client and of nothing', async () => {
  await using tmux = await PrivateTmux.start();
  await tmux.ask('split-window', '-t', tmux.pane, 'cat');
  await using asked = await bothOf(tmux);
  for (const source of asked.sources) {
    await expect(panesOf(source, '$99', { id: 'pane_id' })).rejects.toThrow("can't find session");
    expect(await panesOf(source, tmux.sessionId, { name: '@triad_pane' })).toEqual([
      { name: undefined },
      { name: undefined },
    ]);
    const fields = { isControl: 'client_control_mode', flags: 'client_flags' } as const;
    const [client] = await source.rows('list-clients', fields, ['-t', tmux.sessionId]);
    expect(client?.isControl).toBe(true);
    expect(client?.flags).toContain('no-output');
    const target = ['-t', tmux.pane];
    const focus = { id: 'pane_id', isShared: 'synchronize-panes' } as const;
    expect(await source.rows('display-message', focus, target)).toEqual([
      { id: tmux.pane, isShared: false },
    ]);
  }
});
