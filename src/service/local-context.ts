import type { CommandContext } from '../gateway/commands/context.js';

export interface LocalContextOptions
  extends Pick<CommandContext, 'sessions' | 'grants' | 'audit' | 'gateway' | 'terminal'> {
  readonly localName: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The context of a verb at the local door. */
export function localContext(options: LocalContextOptions): CommandContext {
  const { sessions, grants, audit, gateway, terminal, localName, files } = options;
  return {
    actor: { engineer: localName, door: 'local' },
    roleIn: () => 'admin',
    adminScope: () => 'all',
    session: undefined,
    ...{ sessions, grants, audit, gateway, terminal },
    readFile: (name) => Promise.resolve(files[name] ?? ''),
  };
}
