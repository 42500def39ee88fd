import { connect } from 'node:net';
import type { ProgramSurroundings } from '../../base/child-process.js';
import { messageOf } from '../../base/errors.js';
import { askHttpStatus, networkFailure } from '../../base/http-status.js';
import { type ProgramRun, runProgram } from '../../base/program-run.js';
import { findShortage } from '../../base/shortage.js';
import { visible } from '../../base/visible.js';
import type { ProbeCheck } from './health-plan.js';

export interface AttemptResult {
  /** Whether the check was passed; null where a shortage of the machine's kept us from looking. */
  readonly isOk: boolean | null;
  /** What was seen, for people. */
  readonly reason: string;
}

/** Makes the check once. Once the signal is aborted nothing it has started goes on, and its result is not used. */
export type Attempt = (signal: AbortSignal) => Promise<AttemptResult>;

/** A check that is made again and again. */
export type TriedCheck = Extract<ProbeCheck, { kind: 'exec' | 'http' | 'tcp' }>;

export function attemptOf(check: TriedCheck, surroundings: ProgramSurroundings): Attempt {
  switch (check.kind) {
    case 'exec':
      return (signal) => tryProgram({ argv: check.argv, ...surroundings }, signal);
    case 'http':
      return (signal) => tryHttp(check.url, signal);
    case 'tcp':
      return (signal) => tryTcp(check, signal);
  }
}

async function tryProgram(
  run: Pick<ProgramRun, 'argv' | 'cwd' | 'env'>,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const end = await runProgram(run, signal);
  const name = visible(run.argv[0] ?? '', 64);
  switch (end.kind) {
    case 'exited':
      return { isOk: end.status === 0, reason: `${name} exited with ${end.status}` };
    case 'signalled':
      return { isOk: false, reason: `${name} was ended by ${end.signal}` };
    case 'not-run':
      return {
        isOk: end.isShortage ? null : false,
        reason: `${name} cannot be run: ${end.reason}`,
      };
  }
}

async function tryHttp(url: string, signal: AbortSignal): Promise<AttemptResult> {
  try {
    const status = await askHttpStatus({ url }, signal);
    return { isOk: status >= 200 && status <= 399, reason: `http answered ${status}` };
  } catch (error) {
    return { isOk: unlessShort(error), reason: `http failed: ${networkFailure(error)}` };
  }
}

function tryTcp(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      resolve({ isOk: true, reason: `tcp port ${port} accepts connections` });
      socket.destroy();
    });
    socket.on('error', (error) => {
      resolve({ isOk: unlessShort(error), reason: `tcp port ${port}: ${networkFailure(error)}` });
    });
  });
}

function unlessShort(error: unknown): false | null {
  return findShortage(error) === undefined ? false : null;
}

/** The result of an attempt that threw, mostly because it took too long. */
export function failedAttempt(error: unknown): AttemptResult {
  return { isOk: false, reason: visible(messageOf(error), 128) };
}
