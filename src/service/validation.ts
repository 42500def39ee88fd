import { statSync } from 'node:fs';
import { ConfigurationError } from '../base/errors.js';
import { visible } from '../base/visible.js';
import type { Home } from '../config/home.js';
import { readYamlFile } from '../config/yaml-file.js';
import { readGrantFile } from '../gateway/access/grant-file.js';
import { readHostKeys } from '../gateway/ssh/host-keys.js';
import { gatewaySchema } from '../gateway/ssh/schema.js';
import type { SessionPlan } from '../host/plan/session-plan.js';
import { findTmux } from '../host/tmux/tmux-binary.js';
import { checkTmuxConfig } from '../host/tmux/tmux-config.js';
import { type HostSettingsOptions, readPlans } from './host-settings.js';

/** A file of a home, and what is wrong with it. */
export interface CheckedFile {
  readonly path: string;
  /** The problems, each complete in itself: `PATH:LINE:COLUMN: what is wrong`. */
  readonly problems: readonly string[];
}

/** Reads every file that people write as a start would; nothing of the home is started or changed. */
export async function validateHome(
  options: Pick<HostSettingsOptions, 'home' | 'environment'>,
): Promise<CheckedFile[]> {
  const { home, environment } = options;
  const checkTmux = async () => {
    const binary = await findTmux(environment.tmux, environment.clean);
    await checkTmuxConfig(binary, { root: home.root, path: home.tmuxConf }, environment.clean);
  };
  return [
    await checked(home.triadYaml, async () => {
      const plans = await readPlans({ ...options, command: [], cwd: home.root });
      requireFolders(home, plans);
    }),
    await checked(home.gatewayYaml, () =>
      readYamlFile({ root: home.root, path: home.gatewayYaml }, gatewaySchema),
    ),
    await checked(home.tmuxConf, checkTmux),
    { path: home.authorizedKeys, problems: grantProblems(home) },
    await checked(home.keys, () => readHostKeys({ root: home.root, path: home.keys })),
  ];
}

/** @throws ConfigurationError for panes whose working directory is not there: their commands could not be run. */
function requireFolders({ triadYaml }: Home, plans: readonly SessionPlan[]): void {
  const panes = plans.flatMap(({ name, panes }) => panes.map((pane) => ({ session: name, pane })));
  const missing = panes.filter(
    ({ pane }) => statSync(pane.program.cwd, { throwIfNoEntry: false })?.isDirectory() !== true,
  );
  if (missing.length === 0) return;
  throw new ConfigurationError(
    missing.map(
      ({ session, pane }) =>
        `${triadYaml}: ${session}:${pane.name}: cwd: there is no directory ${visible(pane.program.cwd)}`,
    ),
  );
}

async function checked(path: string, read: () => Promise<unknown>): Promise<CheckedFile> {
  try {
    await read();
    return { path, problems: [] };
  } catch (error) {
    if (error instanceof ConfigurationError) return { path, problems: error.problems };
    throw error;
  }
}

function grantProblems({ root, authorizedKeys: path }: Home): string[] {
  const read = readGrantFile({ root, path });
  if ('problem' in read) return [read.problem];
  return read.file.problems.map(({ line, reason }) => `${path}:${line}:1: ${reason}`);
}
