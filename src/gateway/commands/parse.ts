import { Command, CommanderError } from 'commander';
import { UsageError } from '../../base/errors.js';
import { nearestHint } from '../../base/nearest-word.js';
import { visible } from '../../base/visible.js';
import { VERBS } from './table.js';
import type { Call, Verb } from './verb.js';

/** What a command line means: a verb to run, or a text to show (help was asked for). */
export type ParsedCommand =
  | { readonly verb: Verb; readonly call: Call }
  | { readonly help: string };

/**
 * Reads a verb with its arguments, already split into words.
 *
 * @param prefix how a person calls verbs, for the help: `CommandContext.program`.
 * @throws UsageError for what the table does not know.
 */
export function parseCommand(words: readonly string[], prefix: string): ParsedCommand {
  const [name = 'help', ...args] = words;
  if (['help', '--help', '-h'].includes(name)) return { help: helpFor(args[0], prefix) };
  const verb = findVerb(name);
  if (verb === undefined) {
    throw new UsageError(`unknown command ${visible(name)}`, { hint: verbHint(name) });
  }
  return parseArguments(verb, args, prefix);
}

/** A commander command for a verb; `take` gets each complete call. */
function commandFor(verb: Verb, prefix: string, take: (call: Call) => void): Command {
  const command = new Command(verb.name).description(verb.summary);
  const examples = verb.examples.map((example) => `  ${prefix} ${example}\n`).join('');
  command.addHelpText('after', `\nExamples:\n${examples}`.trimEnd());
  command.addHelpText('after', `\nNeeds the role ${verb.role}.`);
  verb.declare(command, take);
  return command;
}

function parseArguments(verb: Verb, args: readonly string[], prefix: string): ParsedCommand {
  let taken: Call | undefined;
  let help = '';
  const command = commandFor(verb, prefix, (call) => {
    taken = call;
  });
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      help += text;
    },
    writeErr: () => undefined,
  });
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { help };
    const message = visible(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
    throw new UsageError(message, { hint: `${prefix} help ${verb.name}` });
  }
  return taken === undefined ? { help: command.helpInformation() } : { verb, call: taken };
}

function helpFor(name: string | undefined, prefix: string): string {
  const verb = name === undefined ? undefined : findVerb(name);
  if (verb !== undefined) {
    const parsed = parseArguments(verb, ['--help'], prefix);
    return 'help' in parsed ? parsed.help : '';
  }
  const width = Math.max(...VERBS.map((each) => each.name.length));
  const rows = VERBS.map(
    (each) => `  ${each.name.padEnd(width)}  ${each.summary} [${each.role}]\n`,
  );
  return `Usage: ${prefix} COMMAND [ARGUMENTS]\n\n${rows.join('')}\nMore: ${prefix} help COMMAND\n`;
}

function findVerb(name: string): Verb | undefined {
  return VERBS.find((verb) => verb.name === name);
}

function verbHint(name: string): string {
  const names = VERBS.map((verb) => verb.name);
  return nearestHint(name, names) ?? `commands: ${names.join(', ')}`;
}
