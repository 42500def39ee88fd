import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');

let home: TriadHome;
let up: Up;

beforeAll(async () => {
  home = await TriadHome.make({ people: { olga: 'observer' } });
  up = await home.up();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** `triad status --watch` in a pipe, once it has shown something. */
async function watching() {
  const env = { ...process.env, TRIAD_HOME: home.root };
  const child = spawn(process.execPath, [PROGRAM, 'status', '--watch'], { env });
  const errors = text(child.stderr);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ended, errors, first: first.toString() };
}

test('what goes on in a pipe is plain text, and Ctrl-C ends it with status 130', async () => {
  const { child, ended, errors, first } = await watching();
  expect(first).toMatch(/^session pair: running/);
  expect(first).not.toContain('\x1b');
  await once(child.stdout, 'data');
  child.stdout.resume();
  child.kill('SIGINT');
  expect([await ended, await errors]).toEqual([130, '']);
});

test('a reader that closes the pipe ends it without a word', async () => {
  const { child, ended, errors } = await watching();
  child.stdout.destroy();
  expect([await ended, await errors]).toEqual([0, '']);
});

test('on a terminal the screen comes back after Ctrl-C', async () => {
  await using terminal = new Terminal({
    argv: [process.execPath, PROGRAM, '--home', home.root, 'status', '--watch'],
  });
  await terminal.sees('session pair: running');
  expect(terminal.modes).toContain(1049);
  terminal.type('\x03');
  expect(await terminal.status()).toBe(130);
  expect(terminal.modes).not.toContain(1049);
});

test('an observer over SSH follows until their access is taken back', async () => {
  const target = { port: up.port, keyPath: home.keyOf('olga') };
  await using terminal = Terminal.ssh(target, { command: ['status', '--watch'] });
  await terminal.sees('session pair: running');
  expect((await home.run(['revoke', 'olga'])).code).toBe(0);
  await terminal.sees('your access to pair was taken back');
  expect(await terminal.status()).toBe(77);
  expect(terminal.modes).not.toContain(1049);
});

test('a gateway that stops says so to whoever follows', async () => {
  const { child, ended, errors } = await watching();
  child.stdout.resume();
  expect((await home.run(['down'])).code).toBe(0);
  expect(await ended).toBe(75);
  expect(await errors).toBe('triad: the gateway is stopping, try again later\n');
  await eventually('the gateway has ended', () => up.process.exitCode !== null);
});
