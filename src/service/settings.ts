import { GrantStore } from '../access/grant-store.js';
import type { SessionName } from '../base/ids.js';
import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import { readYamlFile } from '../config/yaml-file.js';
import { type HostKey, readHostKeys } from '../gateway/host-keys.js';
import { type ListenAddress, parseListenAddress } from '../gateway/listen-address.js';
import { type GatewayLimits, gatewaySchema } from '../gateway/schema.js';
import type { Logger } from '../log/logger.js';
import { findTmux, type TmuxBinary } from '../tmux/tmux-binary.js';
import { checkTmuxConfig } from '../tmux/tmux-config.js';
import { triadSchema } from '../triad/schema.js';
import type { SessionPlan } from '../triad/session-plan.js';
import { planCommand, planSessions } from './session-plans.js';

export interface SettingsOptions {
  readonly home: Home;
  readonly environment: Environment;
  /** `HOST:PORT`; takes the place of `listen` in gateway.yaml. */
  readonly listen: readonly string[];
  /** One command to share instead of what triad.yaml says. */
  readonly command: readonly string[];
  /** Where `command` was given. */
  readonly cwd: string;
}

/** All that a start needs to know, read and found right before anything is started. */
export interface Settings {
  readonly plans: readonly SessionPlan[];
  readonly binary: TmuxBinary;
  readonly listen: readonly ListenAddress[];
  readonly limits: GatewayLimits;
  readonly hostKeys: readonly HostKey[];
}

/**
 * @throws UsageError for a listen address that is none; ConfigurationError that says which file or program is
 *   wrong, where, and what to do.
 */
export async function readSettings(options: SettingsOptions): Promise<Settings> {
  const { home, environment } = options;
  const wanted = options.listen.map(parseListenAddress);
  const gateway = await readYamlFile(home.gatewayYaml, gatewaySchema);
  const plans = await readPlans(options);
  const binary = await findTmux(environment.tmux, environment.clean);
  await checkTmuxConfig(binary, home.tmuxConf, environment.clean);
  const hostKeys = await readHostKeys(home.keys);
  const listen = wanted.length > 0 ? wanted : gateway.listen;
  return { plans, binary, listen, limits: gateway.limits, hostKeys };
}

/** The sessions there are to be; all that verbs need that work when nothing runs. */
export async function readSessionNames(home: Home): Promise<readonly SessionName[]> {
  const { sessions } = await readYamlFile(home.triadYaml, triadSchema);
  return sessions.map(({ name }) => name);
}

export async function openGrants(home: Home, log: Logger): Promise<GrantStore> {
  return GrantStore.open({ path: home.authorizedKeys, log, now: Date.now });
}

async function readPlans(options: SettingsOptions): Promise<readonly SessionPlan[]> {
  const { home, environment, command, cwd } = options;
  if (command.length > 0) return [planCommand(command, { root: cwd, variables: environment.all })];
  const config = await readYamlFile(home.triadYaml, triadSchema);
  return planSessions(config, { root: home.root, variables: environment.all });
}
