import { RefusedError, UnavailableError } from '../base/errors.js';
import type { SessionName } from '../base/ids.js';
import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import { readYamlFile } from '../config/yaml-file.js';
import { triadSchema } from '../host/plan/schema.js';
import type { SessionPlan } from '../host/plan/session-plan.js';
import { planCommand, planSessions } from '../host/plan/session-plans.js';
import { findTmux, type TmuxBinary } from '../host/tmux/tmux-binary.js';
import { checkTmuxConfig } from '../host/tmux/tmux-config.js';

export interface HostSettingsOptions {
  readonly home: Home;
  readonly environment: Environment;
  /** One command to share instead of what triad.yaml says. */
  readonly command: readonly string[];
  /** Where `command` was given. */
  readonly cwd: string;
}

/** All that the host needs to know, read and found right before anything is started. */
export interface HostSettings {
  readonly plans: readonly SessionPlan[];
  /** The plans as the file has them now. @throws ConfigurationError when it is wrong. */
  readonly readPlans: () => Promise<readonly SessionPlan[]>;
  readonly binary: TmuxBinary;
}

/**
 * @throws ConfigurationError that says which file or program is wrong, where, and what to do.
 */
export async function readHostSettings(options: HostSettingsOptions): Promise<HostSettings> {
  const { home, environment } = options;
  const plans = await readPlans(options);
  const binary = await findTmux(environment.tmux, environment.clean);
  await checkWherePossible(() =>
    checkTmuxConfig(binary, { root: home.root, path: home.tmuxConf }, environment.clean),
  );
  return { plans, readPlans: () => readPlansAgain(options), binary };
}

/** A machine without room for a trial keeps nobody from adopting; a new session asks again before it is made. */
async function checkWherePossible(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
  }
}

/** @throws RefusedError where no file was read at all. */
async function readPlansAgain(options: HostSettingsOptions): Promise<readonly SessionPlan[]> {
  if (options.command.length === 0) return readPlans(options);
  throw new RefusedError('what runs was given as a command, there is no triad.yaml to read again', {
    hint: 'end it with: triad down --session; then start what you want',
  });
}

export async function readPlans(options: HostSettingsOptions): Promise<readonly SessionPlan[]> {
  const { home, environment, command, cwd } = options;
  if (command.length > 0) return [planCommand(command, { root: cwd, variables: environment.all })];
  const config = await readYamlFile({ root: home.root, path: home.triadYaml }, triadSchema);
  return planSessions(config, { root: home.root, variables: environment.all });
}

/** The sessions that triad.yaml names: all that verbs need when nothing runs. */
export async function readSessionNames(home: Home): Promise<readonly SessionName[]> {
  const { sessions } = await readYamlFile({ root: home.root, path: home.triadYaml }, triadSchema);
  return sessions.map(({ name }) => name);
}
