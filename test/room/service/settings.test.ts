import { appendFileSync, chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/base/errors.js';
import { readEnvironment } from '../../../src/config/environment.js';
import { homeAt } from '../../../src/config/home.js';
import { readGatewaySettings } from '../../../src/service/gateway-settings.js';
import { readHostSettings } from '../../../src/service/host-settings.js';
import { initialise } from '../../../src/service/initialise.js';

const folder = mkdtempSync(join(tmpdir(), 'triad-settings-'));
const template = join(folder, 'template');
const root = join(folder, 'home');
const environment = { ...readEnvironment(), userHome: folder };

beforeAll(async () => {
  const home = homeAt(template);
  await initialise({ home, environment, adminKey: undefined, onMade: () => undefined });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => cpSync(template, root, { recursive: true }));
afterEach(() => rmSync(root, { recursive: true }));

const path = (name: string) => join(root, name);

async function read(command: readonly string[] = []) {
  const home = homeAt(root);
  const gateway = await readGatewaySettings({ home, listen: [] });
  return { ...gateway, ...(await readHostSettings({ home, environment, command, cwd: root })) };
}

const cases: readonly [string, () => void, readonly (string | RegExp)[]][] = [
  [
    'a triad.yaml that is missing',
    () => rmSync(path('config/triad.yaml')),
    ['config/triad.yaml: is missing'],
  ],
  [
    'gateway.yaml out of range',
    () => writeAt('config/gateway.yaml', 'limits:\n  maxAuthTries: 0\n'),
    ['config/gateway.yaml:2:3: limits.maxAuthTries:'],
  ],
  [
    'tmux.conf with an unknown option',
    () => appendFileSync(path('config/tmux.conf'), 'set -g frobnicate 1\n'),
    [/config\/tmux\.conf:\d+: .*frobnicate/],
  ],
  [
    'tmux.conf without its last line',
    () => writeAt('config/tmux.conf', 'set -g mouse on\n'),
    ['config/tmux.conf: must be applied whole and end with the line: set -g @triad_conf 1'],
  ],
  [
    'tmux.conf with a window size that crashes tmux',
    () => appendFileSync(path('config/tmux.conf'), 'set -g window-size manual\n'),
    ['config/tmux.conf: window-size must not be set'],
  ],
  [
    'tmux.conf that lets the session end',
    () => appendFileSync(path('config/tmux.conf'), 'set -s exit-empty on\n'),
    ['config/tmux.conf: exit-empty must be off, got on'],
  ],
  [
    'a host key that others may read',
    () => chmodSync(path('keys/ssh_host_rsa_key'), 0o644),
    [/ssh_host_rsa_key: other users may read or write this private key: chmod 600 /],
  ],
  [
    'a damaged host key',
    () => writeAt('keys/ssh_host_ed25519_key', 'damaged'),
    ['ssh_host_ed25519_key: is damaged or no private key'],
  ],
  [
    'a host key that is missing',
    () => rmSync(path('keys/ssh_host_ed25519_key')),
    ['ssh_host_ed25519_key: there is no host key: triad init makes it'],
  ],
];

function writeAt(name: string, text: string): void {
  writeFileSync(path(name), text);
}

test.each(cases)('%s is a problem with its file and line', async (_what, spoil, messages) => {
  spoil();
  const failure: unknown = await read().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConfigurationError);
  for (const message of messages) expect(String(failure)).toMatch(message);
});

test('the defaults that init writes are the defaults that the program has', async () => {
  const defaults = await read();
  writeAt('config/gateway.yaml', '{}\n');
  const { listen, limits } = await read();
  expect({ listen, limits }).toEqual({ listen: defaults.listen, limits: defaults.limits });
  expect(defaults.listen).toEqual([{ host: '127.0.0.1', port: 2222 }]);
});

test('the default triad has the three panes of the demo, by paths that are right in any home', async () => {
  const [plan] = (await read()).plans;
  expect(plan?.panes.map(({ name, hasFocus }) => [name, hasFocus])).toEqual([
    ['engine', false],
    ['worker', true],
    ['state', false],
  ]);
  for (const { program } of plan?.panes ?? []) {
    expect(program.argv[1]).toMatch(/^\/.*\/examples\/demo\/dist\/(engine|worker|state)\.js$/);
    expect(program.cwd).toBe(root);
  }
});

test('one command of mine needs no triad.yaml', async () => {
  rmSync(path('config/triad.yaml'));
  const { plans } = await read(['top', '-b']);
  expect(plans).toMatchObject([
    { name: 'pair', panes: [{ name: 'top', program: { argv: ['top', '-b'] } }] },
  ]);
});
