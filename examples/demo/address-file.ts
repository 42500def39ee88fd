import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoError, NotReadyError, reasonOf, systemCode } from './demo-error.js';

/** How one program of the triad is reached; `apiKey` keeps other local users out. */
export interface Address {
  readonly url: string;
  readonly apiKey?: string;
}

/** The programs that publish an address, and so the names of the files. */
export type Publisher = 'engine' | 'database';

/**
 * Makes the state directory where it is missing.
 *
 * @throws DemoError where it cannot be made, or is open to other users: it holds keys and a socket.
 */
export async function makeStateDir(stateDir: string): Promise<void> {
  const mode = await makeDirectory(stateDir).catch((error: unknown) => {
    throw new DemoError(`cannot make the state directory ${stateDir}`, { cause: error });
  });
  if ((mode & 0o077) === 0) return;
  throw new DemoError(`the state directory is open to other users: chmod 700 ${stateDir}`);
}

async function makeDirectory(path: string): Promise<number> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return (await stat(path)).mode;
}

/** Writes the address whole or not at all, readable by its owner alone. */
export async function publishAddress(
  stateDir: string,
  publisher: Publisher,
  address: Address,
): Promise<void> {
  const path = addressPath(stateDir, publisher);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(address)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    throw new DemoError(`cannot write ${path}`, { cause: error });
  }
}

/** Takes the address back, unless a successor has already published its own. */
export async function withdrawAddress(
  stateDir: string,
  publisher: Publisher,
  address: Address,
): Promise<void> {
  const published = await findAddress(stateDir, publisher);
  if (published?.url === address.url) await rm(addressPath(stateDir, publisher), { force: true });
}

/** @throws NotReadyError while nothing is published. */
export async function getAddress(stateDir: string, publisher: Publisher): Promise<Address> {
  const address = await findAddress(stateDir, publisher);
  if (address === undefined) throw new NotReadyError(`${publisher}: not started yet`);
  return address;
}

/** The published address, or `undefined` where there is none that can be understood. */
export async function findAddress(
  stateDir: string,
  publisher: Publisher,
): Promise<Address | undefined> {
  try {
    return parseAddress(await readFile(addressPath(stateDir, publisher), 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new NotReadyError(`${publisher}: ${reasonOf(error)}`, { cause: error });
  }
}

function parseAddress(text: string): Address {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) throw new DemoError('not an address');
  if (!('url' in parsed) || typeof parsed.url !== 'string') throw new DemoError('not an address');
  if (!('apiKey' in parsed) || typeof parsed.apiKey !== 'string') return { url: parsed.url };
  return { url: parsed.url, apiKey: parsed.apiKey };
}

function addressPath(stateDir: string, publisher: Publisher): string {
  return join(stateDir, `${publisher}.json`);
}
