import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMirrorClient } from '../../../../src/host/tmux/mirror-client.js';
import { eventually } from '../../../helpers/eventually.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';
import { typeLine } from '../../../helpers/type-line.js';
import { compileRooms } from '../../gateway/access/compiled-source.js';

const SIZE = { cols: 80, rows: 24 };

function open(tmux: PrivateTmux) {
  let output = '';
  const client = openMirrorClient({
    ...{ server: tmux.server, sessionId: tmux.sessionId, name: 'mirror-test', size: SIZE },
    onOutput: (bytes) => (output += Buffer.from(bytes).toString('latin1')),
  });
  return Object.assign(client, { output: () => output });
}

test('a mirror’s client has every row, its redraws are bracketed, and its keys do nothing', async () => {
  await using tmux = await PrivateTmux.start();
  await using client = open(tmux);
  await eventually('the client has drawn', () => client.output().includes('\x1b[?2026l'));
  expect(client.output()).toContain('\x1b[?2026h');
  expect(client.output()).not.toContain('\x1bP=');
  const ask = (format: string) => tmux.ask('display-message', '-p', '-t', 'mirror-test', format);
  expect(await ask('#{window_height} #{status} #{prefix}')).toBe('24 off None');
  expect(await ask('#{client_readonly}#{client_key_table}')).toBe('1mirror');
  const asked = await tmux.ask('list-clients', '-F', '#{client_termtype}');
  expect(asked).toBe('triad');
  client.write(Buffer.from('\x02dtyped\x03'));
  await typeLine(tmux.server, tmux.pane, 'the end');
  await tmux.shows('the end\nthe end');
  expect(await tmux.ask('list-clients', '-F', '#{client_readonly}')).toBe('1');
});

test('kinds and colours of underlines reach a mirror', async () => {
  const text = String.raw`\033[4:3;58:2::1:2:3mcurly\033[0m \033[4:2mdouble\033[0m`;
  await using tmux = await PrivateTmux.start({ command: ['sh', '-c', `printf '${text}'; cat`] });
  await using client = open(tmux);
  await eventually('it was drawn', () => client.output().includes('double'));
  expect(client.output()).toMatch(/\x1b\[58:2::1:2:3m\x1b\[4:3m(\x1b\[H)?curly/);
  expect(client.output()).toMatch(/\x1b\[4:2mdouble/);
});

test('what was drawn in a rest comes in one piece', async () => {
  await using tmux = await PrivateTmux.start({
    command: ['sh', '-c', 'read go; seq 1 300000; cat'],
  });
  const sizes: number[] = [];
  const { server, sessionId } = tmux;
  await using _client = openMirrorClient({
    ...{ server, sessionId, name: 'mirror-test', size: SIZE },
    onOutput: (bytes) => sizes.push(bytes.length),
  });
  await eventually('the client has drawn', () => sizes.length > 0);
  await typeLine(tmux.server, tmux.pane);
  await tmux.shows('300000');
  // One event of a terminal brings 4 KiB at most.
  expect(Math.max(...sizes)).toBeGreaterThan(8192);
});

/** A host in a process of its own that opens one mirror, and never gets to close it. */
const HOST = `
  const [directory, socketPath, path, sessionId] = process.argv.slice(1);
  const { openMirrorClient } = await import(directory + '/host/tmux/mirror-client.js');
  const { TmuxServer } = await import(directory + '/host/tmux/tmux-server.js');
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8' };
  const server = new TmuxServer({ binary: { path }, socketPath, env });
  const size = { cols: 80, rows: 24 };
  const onOutput = () => process.stdout.write('.');
  openMirrorClient({ server, sessionId, name: 'mirror-killed', size, onOutput });
`;

test('nothing of a mirror is left when its host is killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'triad-killed-'));
  await compileRooms(directory, ['base', 'host/tmux']);
  await using tmux = await PrivateTmux.start();
  const { socketPath, binary } = tmux.server;
  const args = ['--input-type=module', '-e', HOST];
  const host = spawn(process.execPath, [
    ...args,
    directory,
    socketPath,
    binary.path,
    tmux.sessionId,
  ]);
  await once(host.stdout, 'data');
  const sessions = () => tmux.ask('list-sessions', '-F', '#{session_name}');
  expect(await sessions()).toBe('mirror-killed\npair');
  host.kill('SIGKILL');
  await once(host, 'exit');
  await eventually('only the session is left', async () => (await sessions()) === 'pair', sessions);
  expect(await tmux.ask('list-clients')).toBe('');
  rmSync(directory, { recursive: true });
});
