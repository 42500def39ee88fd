import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

export interface HttpQuestion {
  readonly url: string;
  /** Sent as JSON with POST; a question without one is a GET. */
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
