import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationError, UnavailableError } from '../../../../src/base/errors.js';
import { findTmux } from '../../../../src/host/tmux/tmux-binary.js';
import { checkTmuxConfig } from '../../../../src/host/tmux/tmux-config.js';
import { TESTED_TMUX } from '../../../helpers/tested-tmux.js';

const DEFAULTS = readFileSync(join(import.meta.dirname, '../../../../config/tmux.conf'), 'utf8');
const env = { PATH: process.env['PATH'] ?? '', LC_CTYPE: 'C.UTF-8', SHELL: '/bin/sh', HOME: '/' };

let root = '';
let path = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'triad-tmux-conf-'));
  path = join(root, 'tmux.conf');
});
afterEach(() => rmSync(root, { recursive: true }));

/** The problems of the defaults with `lines` before them; line numbers count from `lines`. */
async function problemsOf(...lines: string[]): Promise<readonly string[]> {
  writeFileSync(path, `${lines.join('\n')}\n${DEFAULTS}`);
  const binary = await findTmux(TESTED_TMUX, env);
  try {
    await checkTmuxConfig(binary, { root, path }, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((problem) => problem.replace(path, ''));
  }
}

test('nothing that a configuration names is run, and all of it is right', async () => {
  const touch = (name: string) => `touch ${join(root, `ran-${name}`)}`;
  const problems = await problemsOf(
    `run-shell '${touch('run-shell')}'`,
    `if-shell '${touch('if-shell')}' 'set -g status off'`,
    `if-shell true { run-shell '${touch('block')}' }`,
    `%if "#(${touch('condition')})"`,
    'set -g status on',
    '%endif',
    `set -g default-command '${touch('default-command')}'`,
    `set -g status-right "#(${touch('status')})"`,
    `set -gF @expanded "#(${touch('expanded')})"`,
    `set -gF status-left "#(${touch('expanded-too')})"`,
    `set-hook -g after-set-option 'run-shell "${touch('hook')}"'`,
    `set -g after-bind-key 'run-shell "${touch('hook-option')}"'`,
    `set -g after-show-opt 'run-shell "${touch('hook-short')}"'`,
    `set -s command-alias[90] 'set-option=run-shell "${touch('alias')}"'`,
    `set -s command-al[91] 'bind-key=run-shell "${touch('alias-short')}"'`,
    `new-session -d '${touch('session')}'`,
    `display-message "#(${touch('message')})"`,
    `source-file '${join(root, 'nowhere')}#(${touch('source')})'`,
    `bind r run-shell '${touch('binding')}' \\; display "a; b"`,
    `bind x { run-shell '${touch('binding-block')}' ; set -s exit-empty on }`,
    `set-environment -g FOO "$(${touch('environment')})"`,
  );
  expect({ problems, ran: readdirSync(root) }).toEqual({ problems: [], ran: ['tmux.conf'] });
});

test.each<[string, string[], (string | RegExp)[]]>([
  [
    'a command that tmux does not know',
    ['set -g mouse on', 'frobnicate'],
    [/^:2: unknown command: frobnicate/],
  ],
  ['a command with too little', ['bind'], [/^:1: .*bind-key: too few arguments/]],
  ['a text without its end', ['set -g mouse on', 'set -g status-left "x'], [/^:\d+: /]],
  [
    'an option that tmux does not know',
    ['', 'set -g frobnicate 1'],
    [':2: invalid option: frobnicate'],
  ],
  ['an option that may be several', ['set -g stat on'], [':1: ambiguous option: stat']],
  [
    'values that tmux does not take, each with its line',
    ['set -g mouse on', 'set -g status sideways', 'setw -g mode-keys ed'],
    [':2: unknown value: sideways', ':3: unknown value: ed'],
  ],
  ['a key that tmux does not know', ['bind NoKey display a'], [':1: unknown key: NoKey']],
])('%s', async (_what, lines, expected) => {
  const problems = await problemsOf(...lines);
  expect(problems).toEqual(
    expected.map((each): unknown =>
      typeof each === 'string' ? each : expect.stringMatching(each),
    ),
  );
});

test.each([
  ['set -s exit-empty on', ': exit-empty must be off, got on'],
  ['set -s exit-emp on', ': exit-empty must be off, got on'],
  ['set -su exit-empty', ': exit-empty must be off, got on'],
  ['set -g destroy-unattached on', ': destroy-unattached must be off, got on'],
  ['set -g window-size manual', ': window-size must not be set: size in triad.yaml decides'],
  ['set -g window-size largest', 'decides (follow: largest)'],
])('what a promise rests on cannot be taken back: %s', async (line, problem) => {
  writeFileSync(path, `${DEFAULTS}${line}\n`);
  const binary = await findTmux(TESTED_TMUX, env);
  const checked = checkTmuxConfig(binary, { root, path }, env);
  await expect(checked).rejects.toThrow(problem);
});

test('a condition that is not met keeps the last line out', async () => {
  writeFileSync(path, `%if "0"\n${DEFAULTS}%endif\n`);
  const binary = await findTmux(TESTED_TMUX, env);
  await expect(checkTmuxConfig(binary, { root, path }, env)).rejects.toThrow(
    'must be applied whole and end with the line: set -g @triad_conf 1',
  );
  expect(existsSync(path)).toBe(true);
});

test('more settings than tmux takes at once are looked at all the same', async () => {
  const many = Array.from(
    { length: 400 },
    (_, index) => `bind -T t${index} x display "${'y'.repeat(40)}"`,
  );
  expect(await problemsOf(...many, 'set -g status sideways')).toEqual([
    ':401: unknown value: sideways',
  ]);
});

test('a file that it reads is looked at like itself, wherever it is named, and nothing of it runs', async () => {
  const write = (name: string, mode: number, text = ''): string => {
    const file = join(root, name);
    writeFileSync(file, `run-shell 'touch ${join(root, 'ran')}'\n${text}\n`);
    chmodSync(file, mode);
    return file;
  };
  for (const folder of ['d', 'open', 'e']) mkdirSync(join(root, folder));
  chmodSync(join(root, 'open'), 0o1777);
  const open = write('open.conf', 0o666);
  const nested = write('nested.conf', 0o600, `source-file ${open}`);
  const [first, second] = [write('d/1.conf', 0o602), write('d/2.conf', 0o644)];
  symlinkSync(second, join(root, 'e/link.conf'));
  const ofOthers = (file: string, mode: string) =>
    `${file.replace(path, '')}: may be written by others (mode ${mode}): chmod go-w ${file}`;
  const problems = await problemsOf(
    `source-file -q ${join(root, 'missing.conf')} ${second}`,
    `source-file '${root}/d/*.conf'`,
    `if-shell true { source-file ${nested} }`,
    `source-file -q '${root}/open/*'`,
    `bind r source-file ${join(root, 'open/later.conf')}`,
    `if-shell true 'display a; source ${join(root, 'open/string.conf')}'`,
    `source-file -F '${open}#{pid}'`,
    `source-file ${root}/e/[k-m]ink.conf ${root}/e/.?`,
    `source-file ${root.slice(1)}/open.conf ${nested}`,
  );
  const at = (line: string, what: string) => `${line}: source-file: ${what}`;
  expect(problems).toEqual([
    at(':2', ofOthers(first, '0602')),
    at(`${nested}:2`, ofOthers(open, '0666')),
    at(':4', ofOthers(join(root, 'open'), '1777')),
    at(':5', ofOthers(join(root, 'open'), '1777')),
    at(':6', ofOthers(join(root, 'open'), '1777')),
  ]);
  expect(existsSync(join(root, 'ran'))).toBe(false);
});

test('files that read each other are looked at once, and no more of them than 64 or deeper than 8', async () => {
  const file = (name: string) => join(root, `${name}.conf`);
  writeFileSync(file('loop'), `source-file ${file('loop')} ${path}\n`);
  expect(await problemsOf(`source-file ${file('loop')}`)).toEqual([]);
  for (let depth = 1; depth <= 8; depth++) {
    writeFileSync(file(`${depth}`), `source-file ${file(`${depth + 1}`)}\n`);
  }
  expect(await problemsOf(`source-file ${file('2')}`)).toEqual([]);
  const deep = ': more than 64 files, or 8 one in the other, are not looked at: join some';
  expect(await problemsOf(`source-file ${file('1')}`)).toEqual([
    `${file('8')}:1: source-file: ${file('9')}${deep}`,
  ]);
  for (let number = 0; number < 64; number++) writeFileSync(file(`many-${number}`), '');
  expect(await problemsOf(`source-file ${root}/many-*.conf`)).toEqual([]);
  writeFileSync(file('many-64'), '');
  expect(await problemsOf(`source-file ${root}/many-*.conf`)).toEqual([
    `:1: source-file: ${file('many-9')}${deep}`,
  ]);
});

test('a tmux that brings up no server to try it with says nothing of the configuration', async () => {
  writeFileSync(path, DEFAULTS);
  const file = join(root, 'tmux');
  const binary = { path: file, file, version: '3.3a' };
  writeFileSync(binary.path, '#!/bin/sh\nexit 1\n', { mode: 0o700 });
  await expect(checkTmuxConfig(binary, { root, path }, env)).rejects.toThrow(
    new UnavailableError('tmux.conf cannot be tried: no server came up'),
  );
});
