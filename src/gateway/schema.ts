import { z } from 'zod';
import { messageOf } from '../base/errors.js';
import { type ListenAddress, parseListenAddress } from './listen-address.js';

const listenAddress = z.string().transform((text, context): ListenAddress => {
  try {
    return parseListenAddress(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

const limits = z.strictObject({
  loginGraceTimeMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(60_000)
    .describe('Time a client has from connecting to proving its key, in milliseconds.'),
  maxConnections: z
    .int()
    .min(1)
    .max(10_000)
    .default(1000)
    .describe('Connections at once, those that have not logged in yet included.'),
  maxAuthTries: z
    .int()
    .min(1)
    .max(100)
    .default(6)
    .describe('Failed attempts to log in before a connection is closed; each key offered is one.'),
  maxSessionsPerConnection: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Attachments and commands at once on one connection (ControlMaster shares one).'),
  clientAliveIntervalMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(15_000)
    .describe('Silence after which a client is asked whether it is alive, in milliseconds.'),
  clientAliveCountMax: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Questions without an answer before a client counts as gone.'),
});

/** The gateway's part of `config/gateway.yaml`: every option with its default, range and meaning. */
export const gatewaySchema = z.strictObject({
  listen: z
    .array(listenAddress)
    .min(1)
    .max(16)
    .prefault(['127.0.0.1:2222'])
    .describe('Where to accept SSH connections: HOST:PORT, [IPV6]:PORT or *:PORT.'),
  limits: limits.prefault({}),
});

export type GatewayLimits = z.output<typeof limits>;
