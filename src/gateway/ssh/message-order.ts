/** Message numbers that the gateway itself handles (RFC 4250 §4.1.2). */
export const MESSAGE = {
  disconnect: 1,
  ignore: 2,
  serviceRequest: 5,
  serviceAccept: 6,
  extInfo: 7,
  keyExchangeInit: 20,
  authenticationRequest: 50,
  globalRequest: 80,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelRequest: 98,
} as const;

/** The messages of RFC 4253 §11: disconnect, ignore, unimplemented, debug. */
const LAST_GENERAL = 4;
/** RFC 4250 §4.1.2: 50 to 79 are of authentication. */
const LAST_AUTHENTICATION = 79;

const BEFORE_LOGIN: readonly number[] = [
  MESSAGE.serviceRequest,
  MESSAGE.extInfo,
  MESSAGE.authenticationRequest,
];

/** Answers to what a gateway never asks. */
const NEVER_ASKED_FOR: readonly number[] = [
  MESSAGE.serviceAccept,
  MESSAGE.channelOpenConfirmation,
  MESSAGE.channelOpenFailure,
];

/** Messages that we answer, or may have to. */
const ANSWERED: readonly number[] = [
  MESSAGE.globalRequest,
  MESSAGE.channelOpen,
  MESSAGE.channelRequest,
];

/**
 * Whether a client may send a message of this type now, key exchanges apart. ssh2 itself handles
 * messages that only a server sends, and most of them at any time.
 */
export function isInTurn(type: number, isLoggedIn: boolean): boolean {
  if (type <= LAST_GENERAL) return true;
  if (!isLoggedIn) return BEFORE_LOGIN.includes(type);
  const isLate = type >= MESSAGE.authenticationRequest && type <= LAST_AUTHENTICATION;
  return !isLate && !NEVER_ASKED_FOR.includes(type);
}

export function isAnswered(type: number): boolean {
  return ANSWERED.includes(type);
}
