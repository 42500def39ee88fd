import type { SessionName } from '../base/ids.js';
import type { Home } from '../config/home.js';
import { readYamlFile } from '../config/yaml-file.js';
import { triadSchema } from '../host/plan/schema.js';
import {
  type GatewaySettings,
  type GatewaySettingsOptions,
  readGatewaySettings,
} from './gateway-settings.js';
import { type HostSettings, type HostSettingsOptions, readHostSettings } from './host-settings.js';

export type SettingsOptions = HostSettingsOptions & GatewaySettingsOptions;

/** What gateway and host in one process need to know. @throws as the readers of each do. */
export async function readSettings(
  options: SettingsOptions,
): Promise<HostSettings & GatewaySettings> {
  const gateway = await readGatewaySettings(options);
  return { ...gateway, ...(await readHostSettings(options)) };
}

/** The sessions there are to be; all that verbs need that work when nothing runs. */
export async function readSessionNames(home: Home): Promise<readonly SessionName[]> {
  const { sessions } = await readYamlFile({ root: home.root, path: home.triadYaml }, triadSchema);
  return sessions.map(({ name }) => name);
}
