import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import { openRuntimeDirectory } from './runtime-directory.js';

/**
 * Room for usual names: host and gateway must come to the same place whichever is first, and only the
 * host knows how long the names of its sockets are.
 */
const USUAL_NAME_BYTES = 40;

/**
 * The private directory for the sockets of a home, with room for `socketNames` in it.
 *
 * @param inUse where what lives has its sockets, as the host finds out.
 */
export function openRuntime(
  { home, environment }: { readonly home: Home; readonly environment: Environment },
  socketNames: readonly string[],
  inUse?: string,
): Promise<string> {
  const longestName = socketNames.reduce(
    (longest, name) => (name.length > longest.length ? name : longest),
    'x'.repeat(USUAL_NAME_BYTES),
  );
  return openRuntimeDirectory({
    ...{ path: home.run, inUse },
    longestName,
    fallbacks: environment.socketDirectories,
  });
}
