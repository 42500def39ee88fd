/** Where a client of SSH connects to. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
}

/** What people need to know of a gateway to connect to it. */
export interface Endpoint {
  /** Where others reach it, the most likely first. */
  readonly addresses: readonly SshAddress[];
  readonly hostKeys: readonly { readonly type: string; readonly fingerprint: string }[];
}

/** ssh(1) needs no `-p` for it. */
const SSH_PORT = 22;
const LOOPBACK = /^(127\.|::1$|localhost$)/;

export function isLoopback({ host }: SshAddress): boolean {
  return LOOPBACK.test(host);
}

/** The command that connects, as a shell takes it. */
export function sshTo(
  { host, port }: SshAddress,
  login: string,
  options: readonly string[] = [],
): string {
  const portWords = port === SSH_PORT ? [] : ['-p', `${port}`];
  return ['ssh', ...portWords, ...options, `${login}@${host}`].join(' ');
}

/** What to send somebody who was given access; empty where nobody can connect yet. */
export function invitation({ addresses, hostKeys }: Endpoint, login: string): string {
  const [address] = addresses;
  if (address === undefined || address.port === 0) return '';
  const isHere = addresses.every(isLoopback);
  const here = isHere
    ? '  (listens on this machine only; others: ssh -J, or `listen` in config/gateway.yaml)\n'
    : '';
  const keys = hostKeys.map(({ type, fingerprint }) => `  host key ${type} ${fingerprint}\n`);
  return `to connect: ${sshTo(address, login)}\n${here}${keys.join('')}`;
}
