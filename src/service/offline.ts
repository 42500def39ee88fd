import { allOrNothing } from '../base/disposal.js';
import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import { GrantStore } from '../gateway/access/grant-store.js';
import { Audit } from '../gateway/audit/audit.js';
import type { CommandOutcome } from '../gateway/commands/command-outcome.js';
import type { Endpoint } from '../gateway/commands/endpoint.js';
import { executeLocal } from '../gateway/commands/local-commands.js';
import type { Logger } from '../log/logger.js';
import { readGatewaySettings } from './gateway-settings.js';
import { namingPath, openHomeLog } from './home-files.js';
import { readSessionNames } from './host-settings.js';
import { reachedAt } from './reached-at.js';

/** The files of a home, opened without a gateway; the caller closes them. */
export interface OfflineHome extends AsyncDisposable {
  readonly log: Logger;
  readonly audit: Audit;
  readonly grants: GrantStore;
}

/** @throws ConfigurationError that names the file that cannot be read or written. */
export async function openOfflineHome(home: Home): Promise<OfflineHome> {
  return allOrNothing(async (disposal) => {
    const { log } = openHomeLog(home, { path: home.log, level: 'info' }, disposal);
    const audit = namingPath(home.audit, () => Audit.open(home.audit, log));
    disposal.defer(() => audit.close());
    const { root, authorizedKeys: path } = home;
    const grants = await GrantStore.open({ root, path, log, now: Date.now });
    disposal.defer(() => grants.close());
    return { log, audit, grants, [Symbol.asyncDispose]: () => disposal.close() };
  });
}

interface OfflineCaller {
  readonly home: Home;
  readonly environment: Environment;
  /** How they call the program. */
  readonly program: string;
}

/** Runs a verb on the files of a home in which nothing runs. */
export async function runOffline(
  { home, environment, program }: OfflineCaller,
  words: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<CommandOutcome> {
  const sessions = await readSessionNames(home);
  await using opened = await openOfflineHome(home);
  const { grants, audit, log } = opened;
  return await executeLocal({
    ...{ words, files, sessions, grants, audit, log, localName: environment.login },
    ...{ program, endpoint: () => readEndpoint(home), gateway: undefined, terminal: undefined },
  });
}

/** How people reach the gateway once it is started; undefined where the start would fail. */
async function readEndpoint(home: Home): Promise<Endpoint | undefined> {
  try {
    const { listen, hostKeys } = await readGatewaySettings({ home, listen: [] });
    return { addresses: reachedAt(listen), hostKeys };
  } catch {
    return undefined;
  }
}
