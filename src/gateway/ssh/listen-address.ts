import { UsageError } from '../../base/errors.js';
import { visible } from '../../base/visible.js';

/** Where the gateway listens. */
export interface ListenAddress {
  /** An IP address or host name; `*` for every address of the machine. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const FORM = /^(?:\[(?<bracketed>[0-9A-Fa-f:.%\w]+)\]|(?<plain>[^:[\]\s]*)):(?<port>\d{1,5})$/;

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, `*:PORT` or `:PORT`; the last two mean every address.
 *
 * @throws UsageError for anything else.
 */
export function parseListenAddress(text: string): ListenAddress {
  const parts = FORM.exec(text)?.groups;
  const port = Number(parts?.['port']);
  if (parts === undefined || port > 65_535) {
    throw new UsageError(
      `listen address must be HOST:PORT, [IPV6]:PORT or *:PORT with a port of 0 to 65535, got ${visible(text)}`,
    );
  }
  return { host: parts['bracketed'] ?? (parts['plain'] || '*'), port };
}

/** Writes an address as `parseListenAddress` reads it: `127.0.0.1:2222`, `[::1]:2222`, `*:2222`. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An IPv4 client of a listener for both families is `::ffff:192.0.2.1` to Node. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
