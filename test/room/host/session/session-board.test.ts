import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineerName, paneName, sessionName } from '../../../../src/base/ids.js';
import type { PaneDescription } from '../../../../src/base/pane.js';
import type { SessionDescription } from '../../../../src/base/session-description.js';
import { SessionBoard } from '../../../../src/host/session/session-board.js';
import { ControlConnection } from '../../../../src/host/tmux/control-connection.js';
import { openLogger } from '../../../../src/log/logger.js';
import { eventually } from '../../../helpers/eventually.js';
import { describedPane } from '../../../helpers/pane-description.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const CONF = join(import.meta.dirname, '../../../../config/tmux.conf');
const NOBODY = { drivers: [], observers: 0 };

function described(...panes: PaneDescription[]): SessionDescription {
  const name = sessionName('pair');
  return {
    name,
    state: 'running',
    socket: '',
    tmuxVersion: '',
    limits: [],
    adopted: false,
    problems: [],
    panes,
    opened: { count: 0, panes: [] },
  };
}

/** A session as a driver sees it in a terminal of 80x24, with a board. */
async function open(tmux: PrivateTmux) {
  const { server, sessionId } = tmux;
  const asked: string[] = [];
  const control = await ControlConnection.open(server, sessionId, () => undefined);
  const log = openLogger({ level: 'error', destination: { write: () => undefined } });
  const getControl = () => ({
    ask: (subcommand: string, args: readonly string[]) => {
      asked.push(subcommand);
      return control.ask(subcommand, args);
    },
    rows: control.rows.bind(control),
  });
  const board = new SessionBoard({ getControl, getSessionId: () => sessionId, log });
  const attach = [server.binary.path, '-S', server.socketPath, 'attach-session', '-t', sessionId];
  const terminal = await PrivateTmux.start({ command: ['env', '-u', 'TMUX', ...attach] });
  await terminal.server.run(['set-option', '-g', 'status', 'off']);
  const screen = async () => {
    const shown = await terminal.server.run(['capture-pane', '-p', '-t', terminal.pane]);
    return shown.toString().split('\n').slice(0, 24);
  };
  let last: readonly string[] = [];
  const shows = (what: string, isShown: (lines: readonly string[]) => boolean) =>
    eventually(
      what,
      async () => {
        last = await screen();
        return isShown(last);
      },
      () => last.join('\n'),
    );
  return {
    ...{ board, asked, screen, shows },
    [Symbol.asyncDispose]: async () => {
      control.close();
      await control.closed;
      await terminal[Symbol.asyncDispose]();
    },
  };
}

test('borders and status line tell what is wrong and who is there, in 80 columns', async () => {
  await using tmux = await PrivateTmux.start({ configPath: CONF });
  const second = await tmux.server.run([
    ...['split-window', '-h', '-t', tmux.sessionId, '-P', '-F', '#{pane_id}', 'cat'],
  ]);
  await tmux.server.run(['set-option', '-p', '-t', tmux.pane, '@triad_title', 'engine']);
  await tmux.server.run([
    'set-option',
    '-p',
    '-t',
    second.toString().trim(),
    '@triad_title',
    'state',
  ]);
  await using seen = await open(tmux);
  const hour = Date.now() - 3_700_000;
  const well = describedPane({ id: tmux.pane, startedAt: hour });
  const asking = describedPane({
    ...{ name: paneName('state'), id: second.toString().trim() as PaneDescription['id'] },
    ...{ state: 'healthy', question: 'Overwrite? [y/N]', restarts: 3, startedAt: hour },
  });
  seen.board.show(described(well, asking), {
    drivers: ['anna', 'ben'].map(engineerName),
    observers: 12,
  });
  await seen.shows('the border tells', (lines) =>
    /^── engine · 1h ─+┬── \[needs input\] state · 3 restarts/.test(lines[0] ?? ''),
  );
  const bottom = (await seen.screen()).at(-1) ?? '';
  expect(bottom).toMatch(/ pair .* state needs input · anna, ben, 12 watching · C-b d leaves$/);
  const writes = seen.asked.length;
  seen.board.show(described(well, asking), {
    drivers: ['anna', 'ben'].map(engineerName),
    observers: 12,
  });
  expect(seen.asked).toHaveLength(writes);
  seen.board.show(described(well, { ...asking, question: null }), NOBODY);
  await seen.shows('all is quiet', (lines) =>
    /^ pair 0:\S+ +driving - C-b d leaves$/.test(lines[23] ?? ''),
  );
});

test('a notice is shown as it is, whatever is in it', async () => {
  await using tmux = await PrivateTmux.start({ configPath: CONF });
  await using seen = await open(tmux);
  await seen.shows('the driver is there', (lines) => lines[23]?.includes('leaves') === true);
  await seen.board.notify('100% #{pid} #(id) \u001b[2J done');
  await seen.shows(
    'the notice',
    (lines) => lines[23]?.startsWith('100% #{pid} #(id) \\x1b[2J done') === true,
  );
});

test('tmux that cannot be asked costs nothing, and the next change writes everything', async () => {
  const written: string[] = [];
  let isAway = true;
  const getControl = () => {
    if (isAway) throw new Error('away');
    return {
      ask: (_: string, args: readonly string[]) => {
        written.push(args.slice(0, -1).join(' '));
        return Promise.resolve([]);
      },
      rows: () => Promise.resolve([]),
    };
  };
  const log = openLogger({ level: 'error', destination: { write: () => undefined } });
  const board = new SessionBoard({ getControl, getSessionId: () => '$0', log });
  board.show(described(describedPane()), NOBODY);
  await board.notify('nobody hears it');
  expect(written).toEqual([]);
  isAway = false;
  board.show(described(describedPane()), NOBODY);
  await eventually('all options are written', () => written.length === 5);
  board.show(described(describedPane({ restarts: 1 })), NOBODY);
  await eventually('the changed option is written', () => written.length > 5);
  expect(written.slice(5)).toEqual(['-p -t %0 @triad_restarts']);
});
