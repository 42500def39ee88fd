import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { messageOf, systemCode } from './errors.js';
import { visible } from './visible.js';

export interface HttpQuestion {
  readonly url: string;
  /** The body, sent as JSON with POST; without one the request is a GET. */
  readonly json?: string;
}

/**
 * The status with which a server answers. Follows no redirect, keeps no connection, reads no body.
 *
 * @throws the error of the connection; once `signal` is aborted, whatever the request ends with.
 */
export function askHttpStatus({ url, json }: HttpQuestion, signal: AbortSignal): Promise<number> {
  const body = json === undefined ? undefined : Buffer.from(json);
  const ask = new URL(url).protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = ask(url, {
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      signal,
      headers: {
        'user-agent': 'triad',
        ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
      },
    });
    request.once('response', ({ statusCode = 0 }) => {
      resolve(statusCode);
      request.destroy();
    });
    request.on('error', reject);
    request.once('close', () => reject(new Error('closed without an answer')));
    request.end(body);
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no way to the host',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'name lookup failed',
  ETIMEDOUT: 'connection timed out',
};

/** Why something could not be reached, for people; never says more of a URL than its host. */
export function networkFailure(error: unknown): string {
  const code = systemCode(error);
  return code === undefined ? visible(messageOf(error), 128) : (WORDS[code] ?? visible(code, 64));
}
