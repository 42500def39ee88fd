import { type Command, Option } from 'commander';
import { parseDuration, parseUntil } from '../../base/duration.js';
import { type Problem, UsageError } from '../../base/errors.js';
import {
  type EngineerName,
  engineerName,
  isName,
  NAME_RULE,
  type SessionName,
} from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import type { GrantChange } from '../access/grant-edit.js';
import type { PublicKey } from '../access/public-key.js';
import { type PublicKeys, parsePublicKeyFile } from '../access/public-key-file.js';
import { ROLES, type Role } from '../access/role.js';
import type { CommandContext } from './context.js';
import { invitation } from './endpoint.js';
import { changesJson, changesText, FORCE, type ScopeOptions, scopeOf } from './grant-change.js';
import type { Verb } from './verb.js';

interface Options extends ScopeOptions {
  readonly role: Role;
  readonly key: readonly string[];
  readonly for?: string;
  readonly until?: string;
  readonly from: readonly string[];
}

export const grant: Verb = {
  name: 'grant',
  role: 'admin',
  isOffline: true,
  summary: 'give an engineer a role, or change it; those who are connected get it at once',
  examples: [
    'grant alice --role driver --key alice.pub',
    'grant bob --role observer --key bob.pub --for 8h --from 203.0.113.0/24',
    'grant alice --role admin --until never',
  ],
  declare: (command: Command, take) => {
    command
      .argument('<name>', 'the engineer')
      .addOption(
        new Option('--role <role>', 'what they may do').choices(ROLES).makeOptionMandatory(),
      )
      .option('--key <file>', 'a public key, `-` for standard input; repeatable', append, [])
      .option('--session <name>', 'in this session only')
      .addOption(new Option('--for <duration>', 'how long: 30m, 8h, 2d').conflicts('until'))
      .option(
        '--until <time>',
        '18:00, 2030-05-31 (its end), "2030-05-31 18:00 Europe/Berlin", or `never`; local time unless a zone is named',
      )
      .option('--from <cidr>', 'from there only, or `anywhere`; repeatable', append, [])
      .option('--force', FORCE)
      .action((name: string, options: Options) => {
        const engineer = getEngineer(name);
        const terms = { expiresAt: expiryOf(options), from: sourceOf(options) };
        take({
          files: options.key,
          run: (context) => run(context, { engineer, terms, options }),
        });
      });
  },
};

/** @throws UsageError for a name that no line may carry. */
export function getEngineer(name: string): EngineerName {
  if (isName(name)) return engineerName(name);
  throw new UsageError(`an engineer's name must be ${NAME_RULE}, got ${visible(name)}`);
}

interface Request {
  readonly engineer: EngineerName;
  readonly terms: Pick<GrantChange, 'expiresAt' | 'from'>;
  readonly options: Options;
}

async function run(context: CommandContext, request: Request): Promise<string> {
  const { engineer, terms, options } = request;
  const scope = scopeOf(context, options);
  const keys: PublicKey[] = [];
  const left: string[] = [];
  for (const file of options.key) {
    const read = readKeys(file, await context.readFile(file));
    keys.push(...read.keys);
    left.push(...read.badLines.map((line) => `not granted: ${placeOf(file)}: ${line}\n`));
  }
  const { actor, audit } = context;
  const changes = await context.grants.grant(
    { engineer, role: options.role, keys, ...terms, ...scope },
    (deltas) => audit.accessGranted({ actor, changes: changesJson(deltas) }),
  );
  return changesText(engineer, changes) + left.join('') + (await forwarded(context, scope.session));
}

/** What to send the engineer, as `invitation` says it. */
async function forwarded(context: CommandContext, session: SessionName | null): Promise<string> {
  const login = session ?? context.sessions[0];
  const endpoint = login === undefined ? undefined : await context.endpoint();
  return endpoint === undefined || login === undefined ? '' : invitation(endpoint, login);
}

function readKeys(file: string, text: string): PublicKeys {
  const read = parsePublicKeyFile(text);
  if ('problem' in read) throw new UsageError(`${placeOf(file)}: ${read.problem}`);
  return read;
}

function placeOf(file: string): string {
  return file === '-' ? 'standard input' : visible(file);
}

function expiryOf(options: Options): number | null | undefined {
  const now = Date.now();
  if (options.until === 'never') return null;
  if (options.until !== undefined) return numberOf(parseUntil(options.until, now));
  return options.for === undefined ? undefined : now + numberOf(parseDuration(options.for));
}

function sourceOf(options: Options): string | null | undefined {
  if (options.from.length === 0) return undefined;
  return options.from.includes('anywhere') ? null : options.from.join(',');
}

function numberOf(parsed: number | Problem): number {
  if (typeof parsed === 'number') return parsed;
  throw new UsageError(parsed.problem);
}

function append(value: string, values: readonly string[]): readonly string[] {
  return [...values, value];
}
