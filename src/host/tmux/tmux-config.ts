import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, messageOf, UnavailableError } from '../../base/errors.js';
import { signalProcess } from '../../base/process-scan.js';
import { findShortage, reasonOf } from '../../base/shortage.js';
import { readTrustedFile, type TrustedPath } from '../../base/trusted-file.js';
import { visible } from '../../base/visible.js';
import { type ConfigCommand, readConfigCommands, readNestedCommands } from './config-commands.js';
import { variable } from './rows.js';
import { SourcedFiles } from './sourced-files.js';
import type { TmuxBinary } from './tmux-binary.js';

/** The option that the file's last line sets; without it tmux has silently dropped the file. */
const SENTINEL = '@triad_conf';
const CHECK_LIMIT_MS = 10_000;
/** The largest file that is read: a configuration that a person writes is smaller. */
const MAX_BYTES = 1024 * 1024;
/** How much is sent to tmux at once, which takes 16 KiB of arguments (imsg). */
const MAX_CHAIN_BYTES = 8 * 1024;

/** The option that ends a server without sessions, and the agents with it (tmux(1), exit-empty). */
const EXIT_EMPTY = 'exit-empty';
/** The default of window-size (tmux(1)), which must stay, since Triad sizes each window itself. */
const UNSET_WINDOW_SIZE = 'latest';

interface TrialFolder {
  readonly directory: string;
  /** The copy of the file that is tried. */
  readonly copy: string;
}

interface Problem {
  readonly line: number;
  readonly text: string;
}

/**
 * Checks a tmux configuration without running it, since tmux silently applies a faulty file in part or not
 * at all: a throw-away server parses it, and gets only its commands that set an option or bind a key.
 *
 * @throws ConfigurationError with one line per problem, and where others may have written the file.
 */
export async function checkTmuxConfig(
  binary: TmuxBinary,
  file: TrustedPath,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { path } = file;
  const bytes = readFile(file);
  const { directory, copy } = await makeTrialFolder(bytes);
  const trial = new Trial({ binary, socketPath: join(directory, 's'), env });
  try {
    const problems = await findProblems(trial, copy);
    const texts = problems.map(({ line, text }) => {
      const at = line === 0 ? '' : `:${line}`;
      return `${path}${at}: ${visible(text)}`;
    });
    texts.push(...(await findSourced(trial, { file, copy, bytes })));
    if (texts.length === 0) return;
    throw new ConfigurationError(texts, { hint: `correct ${path}; nothing was started` });
  } finally {
    await trial.end();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Finds what is wrong with the files that it reads by source-file. */
function findSourced(
  trial: Trial,
  { file, copy, bytes }: { file: TrustedPath; copy: string; bytes: Uint8Array },
): Promise<readonly string[]> {
  const commandsOf = async (content: Uint8Array): Promise<readonly ConfigCommand[]> => {
    // Most files name no other file, and so need no tmux process.
    if (!/\bsource/.test(Buffer.from(content).toString('latin1'))) return [];
    await writeFile(copy, content);
    const { stdout } = await trial.ask(['-N', 'source-file', '-nv', copy]);
    return readNestedCommands(stdout, copy);
  };
  const files = new SourcedFiles({ root: file.root, maxBytes: MAX_BYTES, commandsOf });
  return files.problemsOf(file.path, bytes);
}

/** Makes a temporary folder with a copy. @throws UnavailableError where the machine has no room for it. */
async function makeTrialFolder(bytes: Uint8Array): Promise<TrialFolder> {
  let directory: string | undefined;
  try {
    directory = await mkdtemp(join(tmpdir(), 'triad-conf-'));
    const copy = join(directory, 'tmux.conf');
    await writeFile(copy, bytes, { mode: 0o600 });
    return { directory, copy };
  } catch (error) {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    throw new UnavailableError(`${tmpdir()}: no room to try tmux.conf: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function readFile(file: TrustedPath): Buffer {
  const { path } = file;
  try {
    const { bytes } = readTrustedFile(file, MAX_BYTES + 1);
    if (bytes.length <= MAX_BYTES) return bytes;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  throw new ConfigurationError(`${path}: is larger than ${MAX_BYTES} bytes`);
}

async function findProblems(trial: Trial, copy: string): Promise<Problem[]> {
  await trial.start();
  const faults = await trial.ask(['-N', 'source-file', '-n', copy]);
  const told = `${faults.stdout}${faults.stderr}`.split('\n').filter((line) => line !== '');
  if (told.length > 0) return told.map((line) => faultOf(line, copy));
  const { stdout } = await trial.ask(['-N', 'source-file', '-nv', copy]);
  const commands = readConfigCommands(stdout, copy);
  const sets = commands.flatMap((command) => settingOf(command) ?? []);
  if (!sets.some(({ name, words }) => name === SENTINEL && words.at(-1) === '1')) {
    const text = `must be applied whole and end with the line: set -g ${SENTINEL} 1`;
    return [{ line: 0, text }];
  }
  const bindings = commands.filter(
    ({ words: [name = ''], hasBlock }) => /^(un)?bind-key$/.test(name) && !hasBlock,
  );
  const names = await trial.optionNames();
  const judged = sets.map((set) => judge(set, names));
  const problems = judged.flatMap((each) => ('problem' in each ? [each.problem] : []));
  const known = judged.flatMap((each) => ('set' in each ? [each.set] : []));
  const others = known.filter(({ name }) => name !== EXIT_EMPTY);
  problems.push(...(await trial.apply([...others, ...bindings])));
  if (problems.length === 0) problems.push(...(await promised(trial, known)));
  return problems.sort((one, other) => one.line - other.line);
}

function faultOf(told: string, copy: string): Problem {
  const text = told.replaceAll(copy, '').replace(/^:/, '');
  const [, line = '0', what = text] = /^(\d+): (.*)$/.exec(text) ?? [];
  return { line: Number(line), text: what };
}

/** Checks the options without which a driver's slip ends the agents or crashes tmux. */
async function promised(trial: Trial, known: readonly Setting[]): Promise<Problem[]> {
  const must = (name: string, wanted: string, got: string): Problem[] =>
    got === wanted ? [] : [{ line: 0, text: `${name} must be ${wanted}, got ${got || 'nothing'}` }];
  const show = async (flags: string, name: string) =>
    (await trial.ask(['-N', 'show-options', flags, name])).stdout.trim();
  const detaching = await show('-gv', 'destroy-unattached');
  const size = await show('-gwv', 'window-size');
  const exits = known.filter(({ name }) => name === EXIT_EMPTY);
  const exitEmpty = await trial.lastValue(EXIT_EMPTY, exits);
  const crash = size === 'manual' ? ', and manual crashes tmux 3.3 to 3.6' : '';
  const sized = `window-size must not be set: size in triad.yaml decides (follow: ${size === 'manual' ? 'fixed 120x40' : size})${crash}`;
  return [
    ...must(EXIT_EMPTY, 'off', exitEmpty),
    ...must('destroy-unattached', 'off', detaching),
    ...(size === UNSET_WINDOW_SIZE ? [] : [{ line: 0, text: sized }]),
  ];
}

interface Setting extends ConfigCommand {
  readonly name: string;
}

/** The setting of an option; undefined where tmux expands its value (-F), which may run something. */
function settingOf(command: ConfigCommand): Setting | undefined {
  const [verb = '', ...rest] = command.words;
  if (!/^set-(window-)?option$/.test(verb) || command.hasBlock) return undefined;
  const first = rest.findIndex(
    (word, at) => !word.startsWith('-') && !/^-\w*t$/.test(rest[at - 1] ?? ''),
  );
  const flags = rest.slice(0, first).join('');
  return first < 0 || flags.includes('F') ? undefined : { ...command, name: rest[first] ?? '' };
}

interface OptionNames {
  readonly options: readonly string[];
  /** The hooks: options, too, but what is set there is run. */
  readonly hooks: readonly string[];
}

/** Finds the option that is set: tmux takes a beginning of its name where that is unambiguous. */
function judge(
  set: Setting,
  { options, hooks }: OptionNames,
): { readonly set: Setting } | { readonly problem: Problem } | { readonly skipped: true } {
  if (set.name.startsWith('@')) return { skipped: true };
  const [base = '', index = ''] = set.name.split(/(?=\[)/);
  const all = [...options, ...hooks];
  const meant = all.includes(base) ? [base] : all.filter((name) => name.startsWith(base));
  const [name = ''] = meant;
  const kind = meant.length === 0 ? 'invalid' : 'ambiguous';
  if (meant.length !== 1) return { problem: { line: set.line, text: `${kind} option: ${base}` } };
  // Hooks are not set, since they run, and no alias, since it would change the next commands.
  if (hooks.includes(name) || name === 'command-alias') return { skipped: true };
  const words = set.words.map((word) => (word === set.name ? `${name}${index}` : word));
  return { set: { ...set, name, words } };
}

interface TrialOptions {
  readonly binary: TmuxBinary;
  readonly socketPath: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

/** A tmux server without a session, on which one configuration is tried. */
class Trial {
  readonly #options: TrialOptions;
  #pid: number | undefined;

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /**
   * Runs a tmux command; an error of tmux is in the answer.
   *
   * @throws UnavailableError where the machine has nothing left to run tmux with.
   */
  ask(args: readonly string[]): Promise<Answer> {
    const { binary, socketPath, env } = this.#options;
    const argv = ['-u', '-S', socketPath, ...args];
    const options = { env, cwd: '/', timeout: CHECK_LIMIT_MS, killSignal: 'SIGKILL' } as const;
    return new Promise((resolve, reject) => {
      execFile(binary.path, argv, options, (error, stdout, stderr) => {
        if (findShortage(error) !== undefined) reject(untried(error));
        else resolve({ stdout, stderr: stderr === '' ? stdoutless(error, stdout) : stderr });
      });
    });
  }

  async start(): Promise<void> {
    const keep = ['set-option', '-s', EXIT_EMPTY, 'off'];
    const tell = ['display-message', '-p', variable('pid')];
    const argv = ['-f', '/dev/null', 'start-server', ';', ...keep, ';', ...tell];
    const { stdout, stderr } = await this.ask(argv);
    // A tmux that cannot start its server process ends without a message.
    const told = stderr.startsWith('Command failed') ? 'no server came up' : stderr.trim();
    if (!/^\d+\n$/.test(stdout)) throw untried(new Error(told));
    this.#pid = Number(stdout);
  }

  /** Ends the server; never rejects. */
  async end(): Promise<void> {
    try {
      await this.ask(['-N', 'kill-server']);
    } catch {
      // No client could be started, for want of processes or the like: the signal needs none.
      if (this.#pid !== undefined) signalProcess(this.#pid, 'SIGTERM');
    }
  }

  async optionNames(): Promise<OptionNames> {
    const list = async (...shows: readonly (readonly string[])[]) => {
      const args = shows.flatMap((show, index) => (index === 0 ? show : [';', ...show]));
      const { stdout } = await this.ask(['-N', ...args]);
      return [...new Set(stdout.split('\n').map((line) => /^[a-z-]+/.exec(line)?.[0] ?? ''))];
    };
    const show = (flags: string) => ['show-options', flags];
    return {
      options: await list(show('-s'), show('-g'), show('-gw')),
      hooks: await list(['show-hooks', '-g'], ['show-hooks', '-gw']),
    };
  }

  /** Runs commands as arguments, in which tmux parses nothing, and tells which ones it refuses. */
  async apply(commands: readonly ConfigCommand[]): Promise<Problem[]> {
    const problems: Problem[] = [];
    for (const chain of chainsOf(commands)) {
      const { stderr } = await this.ask(['-N', ...argvOf(chain)]);
      if (stderr === '') continue;
      for (const command of chain) {
        const told = (await this.ask(['-N', ...argvOf([command])])).stderr.trim();
        if (told !== '') problems.push({ line: command.line, text: told });
      }
    }
    return problems;
  }

  /** The last value of an option that ends the server when it is on, so that it is asked in the same command. */
  async lastValue(name: string, sets: readonly Setting[]): Promise<string> {
    const ends = ['set-option', '-s', name, 'on', ';'];
    const show = ['show-options', '-sv', name];
    const { stdout, stderr } = await this.ask(['-N', ...ends, ...argvOf(sets), ...show]);
    return stdout.trim() || stderr.trim();
  }
}

/** The error of a machine that cannot try a configuration, which says nothing about that. */
function untried(cause: unknown): UnavailableError {
  return new UnavailableError(`tmux.conf cannot be tried: ${reasonOf(cause)}`, { cause });
}

/** The error's message where a program has printed nothing; empty otherwise. */
function stdoutless(error: Error | null, stdout: string): string {
  return error === null || stdout !== '' ? '' : error.message;
}

/** The arguments of commands with `;` behind each; a `;` at the end of a word is escaped. */
function argvOf(commands: readonly ConfigCommand[]): string[] {
  return commands.flatMap(({ words }) => [...words.map((word) => word.replace(/;$/, '\\;')), ';']);
}

function chainsOf(commands: readonly ConfigCommand[]): ConfigCommand[][] {
  const chains: ConfigCommand[][] = [];
  let bytes = MAX_CHAIN_BYTES;
  for (const command of commands) {
    const own = command.words.join(' ').length * 4;
    if (bytes + own > MAX_CHAIN_BYTES) {
      chains.push([]);
      bytes = 0;
    }
    chains.at(-1)?.push(command);
    bytes += own;
  }
  return chains;
}
