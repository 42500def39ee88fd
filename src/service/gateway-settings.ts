import type { Home } from '../config/home.js';
import { readYamlFile } from '../config/yaml-file.js';
import { type HostKey, readHostKeys } from '../gateway/ssh/host-keys.js';
import { type ListenAddress, parseListenAddress } from '../gateway/ssh/listen-address.js';
import { type GatewayLimits, gatewaySchema } from '../gateway/ssh/schema.js';

export interface GatewaySettingsOptions {
  readonly home: Home;
  /** `HOST:PORT`; takes the place of `listen` in gateway.yaml. */
  readonly listen: readonly string[];
}

/** All that the gateway needs to know, read right before anything is started. */
export interface GatewaySettings {
  readonly listen: readonly ListenAddress[];
  readonly limits: GatewayLimits;
  readonly hostKeys: readonly HostKey[];
}

/**
 * @throws UsageError for a listen address that is none; ConfigurationError that says which file is
 *   wrong, where, and what to do.
 */
export async function readGatewaySettings({
  home,
  listen,
}: GatewaySettingsOptions): Promise<GatewaySettings> {
  const wanted = listen.map(parseListenAddress);
  const config = await readYamlFile({ root: home.root, path: home.gatewayYaml }, gatewaySchema);
  const hostKeys = await readHostKeys({ root: home.root, path: home.keys });
  return { listen: wanted.length > 0 ? wanted : config.listen, limits: config.limits, hostKeys };
}
