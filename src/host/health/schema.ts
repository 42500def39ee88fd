import type { output, RefinementCtx } from 'zod';
import { pattern } from '../../base/pattern.js';
import { argumentList, duration, z } from '../../base/schema.js';
import { visible } from '../../base/visible.js';
import { DEFAULT_QUESTIONS } from './questions.js';

const MAX_URL = 2048;
const MAX_PATTERNS = 32;

const httpUrl = z
  .string()
  .max(MAX_URL)
  .refine(isHttpUrl, { error: ({ input }) => `must be an http or https URL, got ${shown(input)}` });

/** An address: `host:port`, `[::1]:port`, or `:port` of this machine. */
const tcpAddress = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port >= 1 && port <= 65_535) {
    return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
  }
  context.addIssue({
    code: 'custom',
    message: `must be HOST:PORT or :PORT, got ${visible(text, 64)}`,
  });
  return z.NEVER;
});

const anyProbe = z.strictObject({
  exec: argumentList.optional().describe('a program with arguments; well when it exits with 0'),
  http: httpUrl.optional().describe('a URL; well when it answers 200 to 399'),
  tcp: tcpAddress.optional().describe('HOST:PORT; well when it can be connected to'),
  log: pattern.optional().describe('a regular expression; well once a line of output matches'),
  silence: duration('1s', '30d').optional().describe('ill after no output for this long'),
  delay: duration('0s', '1d').prefault('0s').describe('from the start to the first attempt'),
  interval: duration('100ms', '1d').prefault('5s').describe('between two attempts'),
  timeout: duration('10ms', '10m').prefault('2s').describe('a longer attempt has failed'),
  failures: z.int().min(1).max(1000).default(3).describe('attempts in a row that must fail'),
  successes: z.int().min(1).max(1000).default(1).describe('attempts in a row that must succeed'),
});

const ready = anyProbe
  .omit({ silence: true })
  .superRefine((probe, context) => requireOne(context, probe, ['exec', 'http', 'tcp', 'log']))
  .transform(toPlan);

const live = anyProbe
  .omit({ log: true })
  .superRefine((probe, context) => requireOne(context, probe, ['exec', 'http', 'tcp', 'silence']))
  .transform(toPlan);

const input = z
  .union(
    [
      z.literal(false),
      z.strictObject({
        patterns: z.array(pattern).max(MAX_PATTERNS).prefault(DEFAULT_QUESTIONS),
        silence: duration('100ms', '1h').prefault('3s'),
        reads: z.boolean().default(true).describe('also when it waits in a read of its terminal'),
      }),
    ],
    {
      error: ({ input: got }) =>
        isMap(got) ? undefined : 'must be false, or patterns, silence and reads',
    },
  )
  .prefault({})
  .transform((value) => {
    if (value === false) return undefined;
    const { patterns, silence, reads } = value;
    return { patterns, silenceMs: silence, watchesReads: reads };
  });

/** The keys of a pane that say how it is watched. */
export const healthKeys = {
  ready: ready.optional().describe('how it is known that the command is ready'),
  live: live.optional().describe('how it is known that the command has to be restarted'),
  needsInput: input.describe('when it counts as waiting for input; false: never'),
};

function toPlan(probe: output<typeof anyProbe>, context: RefinementCtx) {
  const check = checkOf(probe);
  if (check === undefined) {
    context.addIssue({ code: 'custom', message: 'says nothing to check' });
    return z.NEVER;
  }
  return {
    check,
    ...{ delayMs: probe.delay, intervalMs: probe.interval, timeoutMs: probe.timeout },
    ...{ failures: probe.failures, successes: probe.successes },
  };
}

function checkOf({ exec, http, tcp, log, silence }: output<typeof anyProbe>) {
  if (exec !== undefined) return { kind: 'exec' as const, argv: exec };
  if (http !== undefined) return { kind: 'http' as const, url: http };
  if (tcp !== undefined) return { kind: 'tcp' as const, ...tcp };
  if (log !== undefined) return { kind: 'log' as const, pattern: log };
  return silence === undefined ? undefined : { kind: 'silence' as const, limitMs: silence };
}

function requireOne(context: RefinementCtx, probe: object, kinds: readonly string[]): void {
  const given = kinds.filter((kind) => Reflect.get(probe, kind) !== undefined);
  if (given.length === 1) return;
  const got = given.length === 0 ? 'none' : given.join(' and ');
  context.addIssue({ code: 'custom', message: `must have one of ${kinds.join(', ')}, got ${got}` });
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function shown(input: unknown): string {
  return visible(String(input), 64);
}
