import { ageText } from '../commands/amount-text.js';
import type { Limit } from './refusals.js';
import type { GatewayLimits } from './schema.js';

/** Why the gateway ends a connection. */
export interface ConnectionEnd {
  /** The reason in words, for log and audit. */
  readonly reason: string;
  /** What the person at the other end gets to see in any case. */
  readonly sentence: string;
}

/** A limit that ends a connection which had come through. */
export type EndingLimit = Extract<
  Limit,
  'maxAuthTries' | 'loginGraceTime' | 'unusedConnectionTimeout' | 'clientAliveCountMax'
>;

/** OpenSSH shows 400 characters of a sentence, so the advice is within them. */
const AT_LIMIT: Record<EndingLimit, (limits: GatewayLimits) => ConnectionEnd> = {
  maxAuthTries: ({ maxAuthTries }) => ({
    reason: 'too many authentication failures',
    sentence:
      `too many authentication failures: ${maxAuthTries} keys were tried, and none of them is let in` +
      ' (maxAuthTries); where your ssh agent holds many keys, name the one to use:' +
      ' ssh -o IdentitiesOnly=yes -i KEYFILE ...',
  }),
  loginGraceTime: ({ loginGraceTimeMs }) => ({
    reason: 'login grace time is over',
    sentence: `no key was proven within ${ageText(loginGraceTimeMs)} (loginGraceTime), connect again`,
  }),
  unusedConnectionTimeout: ({ unusedConnectionTimeoutMs }) => ({
    reason: 'nothing was served',
    sentence: `nothing was shown or run on this connection for ${ageText(unusedConnectionTimeoutMs)} (unusedConnectionTimeout), connect again when you need it`,
  }),
  clientAliveCountMax: ({ clientAliveIntervalMs, clientAliveCountMax }) => ({
    reason: 'Keepalive timeout',
    sentence: `your client was silent for ${ageText(clientAliveIntervalMs * (clientAliveCountMax + 1))} (clientAliveInterval, clientAliveCountMax); the session goes on, connect again`,
  }),
};

export function endAtLimit(limit: EndingLimit, limits: GatewayLimits): ConnectionEnd {
  return AT_LIMIT[limit](limits);
}

/** The client did what none may do, or what nobody can serve; `reason` says it in words for log and person. */
export function endFor(reason: string): ConnectionEnd {
  return { reason, sentence: `the gateway ends this connection: ${reason}` };
}

/**
 * The client sent a packet longer than ssh2 and OpenSSH take (`PACKET_MAX_SIZE`); no command line
 * that is accepted gets there.
 */
export function endTooLong(reason: string): ConnectionEnd {
  return { reason, sentence: 'a message over SSH must be at most 262144 bytes' };
}

/** The gateway failed: the person is told no more than that, the log has the rest. */
export function endByFault(reason: string): ConnectionEnd {
  return {
    reason,
    sentence: 'you could not be let in, for a reason that the log of the gateway has; try again',
  };
}
