import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../base/errors.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { nearestHint } from '../base/nearest-word.js';
import { PANE_VERBS } from '../base/pane.js';
import { visible } from '../base/visible.js';
import { calledAs } from '../gateway/commands/called-as.js';
import { VERBS } from '../gateway/commands/table.js';
import type { LogLevel } from '../log/logger.js';
import { type CliContext, findContext } from './context.js';
import { readInvocation } from './invocation.js';
import { type Output, tellError } from './output.js';

const HELP_WORDS = ['help', '--help', '-h'];
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

interface StayOptions {
  readonly logLevel: LogLevel;
  readonly detach?: true;
}

interface GatewayOptions extends StayOptions {
  readonly listen: readonly string[];
}

interface UpOptions extends GatewayOptions {
  readonly init?: true;
  readonly adminKey?: string;
}

/**
 * Owns the `triad` program: what starts something here, every other word a verb of the command table. Promises
 * that every error is told to the person without a stack, and has its exit status. What a command runs is loaded
 * with it: a gateway must never load what the host is made of, nor the other way round.
 *
 * @throws TriadError for what keeps it from knowing its home.
 */
export async function runProgram(args: readonly string[], output: Output): Promise<ExitCode> {
  const { home, words } = readInvocation(args);
  const context = findContext(home);
  try {
    return await runWords(context, words, output);
  } catch (error) {
    const told = {
      ...output,
      tell: (text: string) => output.tell(calledAs(text, context.program)),
    };
    return tellError(told, error);
  }
}

async function runWords(
  context: CliContext,
  words: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const [verb] = words;
  if (verb !== undefined && VERBS.some(({ name }) => name === verb)) {
    const { runVerb } = await import('./verbs.js');
    return runVerb(context, words, output);
  }
  if (context.door !== undefined && words.every((word) => HELP_WORDS.includes(word))) {
    output.print(paneHelp());
    return EXIT.ok;
  }
  if (verb === 'help' && words.length > 1) {
    const [, about = ''] = words;
    return runWords(context, [about, '--help'], output);
  }
  return runOwn(context, words, output);
}

/** What is not a verb of the table: it makes or starts what verbs act on. */
async function runOwn(
  context: CliContext,
  words: readonly string[],
  output: Output,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command('triad')
    .description('Share one live agent session over plain SSH.')
    .usage('[--home DIR] COMMAND [ARGUMENTS]')
    .option('--home <dir>', 'the folder with keys/, config/ and state/ (or TRIAD_HOME)')
    .version('0.1.0')
    .addHelpText('after', verbsText());
  program
    .command('init')
    .description('make keys, configuration and the first admin, where they are not there yet')
    .option('--admin-key <file>', 'public key of the first admin')
    .addHelpText('after', '\nExamples:\n  triad init\n  triad init --admin-key ~/.ssh/work.pub')
    .action(async (options: { adminKey?: string }) => {
      const { runInit } = await import('./init.js');
      const hasMade = await runInit(context, options.adminKey, output);
      if (!hasMade) output.tell(`triad: everything is there in ${context.home.root}\n`);
    });
  const stay = async ({ detach }: StayOptions, serve: () => Promise<ExitCode>) => {
    if (!detach) exitCode = await serve();
    else {
      const { runDetached } = await import('./detach.js');
      exitCode = await runDetached(context, words, output);
    }
  };
  const run = async (command: string[], options: UpOptions) => {
    requireAfterDashes(command, words);
    await stay(options, () => up(context, { ...options, command }, output));
  };
  program.addCommand(upCommand(run));
  const runHostAlone = (options: StayOptions) =>
    stay(options, async () => (await import('./host.js')).runHost(context, options, output));
  program.addCommand(hostCommand(runHostAlone));
  const runGatewayAlone = (options: GatewayOptions) =>
    stay(options, async () => (await import('./gateway.js')).runGateway(context, options, output));
  program.addCommand(gatewayCommand(runGatewayAlone));
  program
    .command('validate')
    .description('check triad.yaml, gateway.yaml, tmux.conf and authorized_keys; start nothing')
    .option('--json', 'as JSON')
    .action(async (options: { json?: true }) => {
      const { runValidate } = await import('./validate.js');
      exitCode = await runValidate(context, options, output);
    });
  await parse(program, words, output);
  return exitCode;
}

async function up(
  context: CliContext,
  request: UpOptions & { readonly command: readonly string[] },
  output: Output,
): Promise<ExitCode> {
  if (request.init || request.adminKey !== undefined) {
    const { runInit } = await import('./init.js');
    await runInit(context, request.adminKey, output);
  }
  const { runUp } = await import('./up.js');
  return runUp(context, request, output);
}

/** @throws UsageError for a word that is no option: a misspelt one is no command to share. */
function requireAfterDashes(command: readonly string[], words: readonly string[]): void {
  const shared = words.includes('--') ? words.length - words.indexOf('--') - 1 : 0;
  const [word = ''] = command;
  if (command.length === shared) return;
  throw new UsageError(`up takes no argument ${visible(word)}`, {
    hint: 'a command to share comes after two dashes: triad up -- COMMAND',
  });
}

function upCommand(run: (command: string[], options: UpOptions) => Promise<void>): Command {
  return new Command('up')
    .description('start the sessions and the gateway, and stay until Ctrl-C or `triad down`')
    .argument('[command...]', 'after `--`: one command of yours to share, instead of triad.yaml')
    .addOption(listenOption())
    .option('--init', 'run `triad init` first, where it is needed')
    .option('--admin-key <file>', 'public key of the first admin; implies --init')
    .addOption(logLevelOption())
    .addOption(detachOption())
    .addHelpText(
      'after',
      '\nExamples:\n  triad up\n  triad up --detach\n  triad up --listen 0.0.0.0:2222 --listen [::]:2222\n  triad up -- python agent.py',
    )
    .action(run);
}

function hostCommand(run: (options: StayOptions) => Promise<void>): Command {
  return new Command('host')
    .description('start the sessions alone, for a gateway in a process of its own')
    .addOption(logLevelOption())
    .addOption(detachOption())
    .addHelpText('after', '\nExamples:\n  triad host')
    .action(run);
}

function gatewayCommand(run: (options: GatewayOptions) => Promise<void>): Command {
  return new Command('gateway')
    .description('start the gateway alone, for a host in a process of its own')
    .addOption(listenOption())
    .addOption(logLevelOption())
    .addOption(detachOption())
    .addHelpText('after', '\nExamples:\n  triad gateway\n  triad gateway --listen 0.0.0.0:2222')
    .action(run);
}

function listenOption(): Option {
  return new Option('--listen <host:port>', 'where to listen; repeatable')
    .argParser(append)
    .default([], 'as config/gateway.yaml says');
}

function detachOption(): Option {
  return new Option('-d, --detach', 'in the background: return when everything accepts');
}

function logLevelOption(): Option {
  return new Option('--log-level <level>').choices(LOG_LEVELS).default('info');
}

async function parse(program: Command, words: readonly string[], output: Output): Promise<void> {
  const io = { writeOut: output.print.bind(output), writeErr: () => undefined };
  for (const command of [program, ...program.commands]) command.exitOverride().configureOutput(io);
  try {
    if (words.length === 0) output.print(program.helpInformation() + verbsText());
    else await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const [told = ''] = error.message.replace(/^error: /, '').split('\n');
    throw new UsageError(visible(told), { hint: hintFor(error, program, words) });
  }
}

/** The hint for an error; for a misspelt command it names the one that is near. */
function hintFor(error: CommanderError, program: Command, [word = '']: readonly string[]): string {
  const own = program.commands.map((command) => command.name());
  const names = [...own, ...VERBS.map(({ name }) => name)];
  const isUnknown = error.code === 'commander.unknownCommand';
  return (isUnknown ? nearestHint(word, names, 'triad ') : undefined) ?? 'triad --help';
}

function verbsText(): string {
  return `\nVerbs (here, and as \`ssh pair@host VERB\`):\n${rowsOf(VERBS)}\nMore: triad help COMMAND\n`;
}

function rowsOf(verbs: typeof VERBS): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  return verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
}

/** Inside a pane only what goes through the pane door is sure to work. */
function paneHelp(): string {
  const verbs = VERBS.filter(({ name }) => PANE_VERBS.some((verb) => verb === name));
  return `Usage: triad COMMAND PANE [ARGUMENTS]\n\nInside a pane, for the panes of this session:\n${rowsOf(verbs)}\nMore: triad help COMMAND\n`;
}

function append(value: string, values: readonly string[]): readonly string[] {
  return [...values, value];
}
