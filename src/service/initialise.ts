import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaceFile } from '../base/atomic-file.js';
import { ConfigurationError, systemCode, UsageError } from '../base/errors.js';
import { type EngineerName, engineerName } from '../base/ids.js';
import { findShortage, reasonOf } from '../base/shortage.js';
import type { Environment } from '../config/environment.js';
import { type Home, PACKAGE_ROOT } from '../config/home.js';
import { type PublicKeys, parsePublicKeyFile } from '../gateway/access/public-key-file.js';
import { changesJson } from '../gateway/commands/grant-change.js';
import { HOST_KEY_FILES } from '../gateway/ssh/host-keys.js';
import { openDirectory } from './home-files.js';
import { openOfflineHome } from './offline.js';
import { findOwnKeys } from './own-keys.js';

const DEFAULTS = join(PACKAGE_ROOT, 'config');
const OWN_KEY = 'id_ed25519';
/** An RSA key takes a second; more means that the machine has no randomness. */
const KEYGEN_LIMIT_MS = 60_000;

export interface InitOptions {
  readonly home: Home;
  readonly environment: Environment;
  /** A public key file for the first admin, instead of what is found. */
  readonly adminKey: { readonly path: string; readonly text: string } | undefined;
  /** Tells the person what was made. */
  readonly onMade: (what: string) => void;
}

interface KeyRequest {
  readonly type: 'ed25519' | 'rsa';
  readonly comment: string;
  /** The path of the private key, which must not be there; the public one gets `.pub`. */
  readonly path: string;
}

/**
 * Makes what a first start needs and is not there yet: folders, default configuration, host keys
 * and the first admin. What is there is never touched, so that it may be called before every start.
 *
 * @throws UsageError for an admin key that is none; ConfigurationError for what cannot be made.
 */
export async function initialise(options: InitOptions): Promise<void> {
  const { home } = options;
  const adminKeys = options.adminKey === undefined ? undefined : readAdminKeys(options.adminKey);
  for (const path of [home.root, home.keys, home.config, home.state]) {
    openDirectory({ root: home.root, path });
  }
  await writeDefaults(options);
  for (const { file, type } of HOST_KEY_FILES) {
    const short = type === 'ssh-rsa' ? 'rsa' : 'ed25519';
    await makeOnce(options, { type: short, comment: 'triad', path: join(home.keys, file) });
  }
  if (adminKeys !== undefined) await grantAdmin(options, adminKeys, options.adminKey?.path ?? '');
  else if (!existsSync(home.authorizedKeys)) await makeFirstAdmin(options);
}

async function writeDefaults({ home, onMade }: InitOptions): Promise<void> {
  for (const path of [home.gatewayYaml, home.triadYaml, home.tmuxConf]) {
    if (existsSync(path)) continue;
    const name = path.slice(home.config.length + 1);
    const text = await readFile(join(DEFAULTS, name), 'utf8');
    await replaceFile(path, name === 'triad.yaml' ? withAbsoluteDemo(text) : text, 0o644);
    onMade(`${path} (default)`);
  }
}

/** The demo lies in the checkout; in another home its programs need their whole paths. */
function withAbsoluteDemo(triadYaml: string): string {
  return triadYaml.replaceAll(/examples\/demo\/dist\/[a-z]+\.js/g, (program) =>
    JSON.stringify(join(PACKAGE_ROOT, program)),
  );
}

async function makeFirstAdmin(options: InitOptions): Promise<void> {
  const { home, environment } = options;
  const own = await findOwnKeys(join(environment.userHome, '.ssh'));
  if (own.length > 0) {
    for (const { publicPath } of own) await grantAdminFile(options, publicPath);
    return;
  }
  const path = join(home.keys, OWN_KEY);
  await makeOnce(options, { type: 'ed25519', comment: adminName(environment.login), path });
  await grantAdminFile(options, `${path}.pub`);
}

async function grantAdminFile(options: InitOptions, path: string): Promise<void> {
  await grantAdmin(options, readAdminKeys({ path, text: await readFile(path, 'utf8') }), path);
}

async function grantAdmin(
  options: InitOptions,
  { keys, badLines }: PublicKeys,
  path: string,
): Promise<void> {
  const { home, environment, onMade } = options;
  await using opened = await openOfflineHome(home);
  const engineer = adminName(environment.login);
  const actor = { engineer: environment.login, door: 'local' } as const;
  await opened.grants.grant({ engineer, role: 'admin', keys, session: null }, (deltas) =>
    opened.audit.accessGranted({ actor, changes: changesJson(deltas) }),
  );
  for (const key of keys) onMade(`admin ${engineer}: ${key.type} ${key.fingerprint} (${path})`);
  for (const line of badLines) onMade(`no admin from ${path}: ${line}`);
}

function readAdminKeys({ path, text }: { path: string; text: string }): PublicKeys {
  const read = parsePublicKeyFile(text);
  if ('problem' in read) throw new UsageError(`${path}: ${read.problem}`);
  return read;
}

/** The login as an engineer may be called. */
function adminName(login: string): EngineerName {
  const name = login
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .slice(0, 64);
  return engineerName(name === '' ? 'admin' : name);
}

/**
 * Makes a key pair once, however many try at a time and wherever one was killed: the private half is
 * linked to its place whole and replaces nothing, and the public half follows from it.
 */
async function makeOnce(options: InitOptions, request: KeyRequest): Promise<void> {
  if (!existsSync(request.path)) await makePrivate(options, request);
  const publicPath = `${request.path}.pub`;
  if (existsSync(publicPath)) return;
  await replaceFile(publicPath, await publicHalfOf(request.path), 0o644);
}

async function makePrivate({ home, onMade }: InitOptions, request: KeyRequest): Promise<void> {
  const directory = await mkdtemp(join(home.keys, '.new-'));
  try {
    const made = join(directory, 'key');
    await makeKey({ ...request, path: made });
    await link(made, request.path);
    onMade(`${request.path} (new ${request.type} key)`);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Makes a key pair without a passphrase by ssh-keygen(1).
 *
 * @throws ConfigurationError with its words.
 */
async function makeKey({ type, comment, path }: KeyRequest): Promise<void> {
  const bits = type === 'rsa' ? ['-b', '3072'] : [];
  try {
    await sshKeygen('-q', '-t', type, ...bits, '-N', '', '-C', comment, '-f', path);
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'ssh-keygen is not there' : reasonOf(error);
    throw new ConfigurationError(`${path}: could not be made: ${why}`, {
      hint:
        findShortage(error)?.hint ??
        'install the OpenSSH client (Debian, Ubuntu: apt install openssh-client)',
      cause: error,
    });
  }
}

/**
 * The public half of a private key without a passphrase, as a line of a `.pub` file.
 *
 * @throws ConfigurationError when the file is no such key.
 */
async function publicHalfOf(path: string): Promise<string> {
  try {
    return await sshKeygen('-y', '-P', '', '-f', path);
  } catch (error) {
    // A key that could not be read for want of a process is none that may be removed.
    const shortage = findShortage(error);
    const what = shortage === undefined ? 'is damaged or no private key' : 'could not be read';
    throw new ConfigurationError(`${path}: ${what}: ${reasonOf(error)}`, {
      hint: shortage?.hint ?? 'restore it, or remove it and run: triad init',
      cause: error,
    });
  }
}

async function sshKeygen(...args: readonly string[]): Promise<string> {
  const options = { timeout: KEYGEN_LIMIT_MS, killSignal: 'SIGKILL' } as const;
  const running = promisify(execFile)('ssh-keygen', args, options);
  running.child.stdin?.end();
  return (await running).stdout;
}
