/**
 * The link over a socket: HTTP/2 (RFC 9113), whose streams keep calls and views apart and give each
 * its own flow control.
 *
 * A call is a POST of JSON that is answered with JSON; an answer in pieces, which may have megabytes, with a line
 * of JSON for each. A view is a POST whose body is what is typed
 * (a mirror's has none) and whose answer is what the terminal shows: plain bytes in both directions
 * for a driver, messages of output and layouts for a mirror (`mirror-messages.ts`). How it ended comes
 * as a trailer. What changes of a view is told by a call that names it by the id of its stream.
 *
 * Streams are never reset by the gateway as a matter of course: HTTP/2 servers count resets, and cut
 * off a client with too many of them (CVE-2023-44487).
 */
export const VERSIONS = [1] as const;

export type Version = (typeof VERSIONS)[number];

/** The first request, before a version is agreed upon. */
export const HELLO_PATH = '/hello';

/** The request that gives a view of the same connection another size, or closes it. */
export const VIEW_CHANGE = 'view-change';

export function pathOf(version: Version, name: string): string {
  return `/v${version}/${name}`;
}

/** The header field with the request for a view, as URI-encoded JSON: header fields are ASCII. */
export const VIEW_HEADER = 'triad-view';
/** The trailer that tells how a view ended, as JSON. */
export const END_TRAILER = 'triad-end';

/** Room for a text of 64 KiB with each of its characters escaped. */
export const MAX_REQUEST_BYTES = 512 * 1024;
/** Room for a whole scrollback with colours. */
export const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/**
 * What one view may have on its way to the gateway beyond the window of its stream (64 KiB): above it
 * the host drops output and repaints later, as for a client that does not read.
 */
export const MAX_WAITING_OUTPUT_BYTES = 128 * 1024;

/** Far more than the channels that the gateway allows. */
export const MAX_STREAMS = 16_384;
/** Node refuses streams above this; each view may hold its window and its waiting output. */
export const MAX_SESSION_MEGABYTES = 1024;
