import { expect, test } from 'vitest';
import { sessionName } from '../../../../src/base/ids.js';
import type { SessionState } from '../../../../src/base/session-description.js';
import { SessionReturns } from '../../../../src/gateway/attachments/session-returns.js';
import { LinkLostError } from '../../../../src/link/link-lost.js';
import { describedSession, fakeHost } from '../../../helpers/fake-host.js';

const PAIR = sessionName('pair');

/** A host that says one after the other of its session. */
function hostSaying(...said: (SessionState | 'lost')[]) {
  let asked = 0;
  const describe = async () => {
    const state = said[Math.min(asked, said.length - 1)] ?? 'ended';
    asked += 1;
    if (state === 'lost') throw new LinkLostError();
    return [describedSession([], { state })];
  };
  return { link: fakeHost({ describe }), asked: () => asked };
}

test('a session is awaited unless the host says that it has ended', async () => {
  const isAwaited = (state: SessionState | 'lost') =>
    new SessionReturns(hostSaying(state).link).isAwaited(PAIR);
  expect(await isAwaited('starting')).toBe(true);
  expect(await isAwaited('running')).toBe(true);
  expect(await isAwaited('lost')).toBe(true);
  expect(await isAwaited('ended')).toBe(false);
  expect(await new SessionReturns(fakeHost({ describe: async () => [] })).isAwaited(PAIR)).toBe(
    false,
  );
});

test('all who wait for a session ask once, and learn that it is back', async () => {
  const { link, asked } = hostSaying('lost', 'running');
  const returns = new SessionReturns(link);
  const waits = Array.from({ length: 100 }, () => returns.whenBack(PAIR));
  expect(new Set(await Promise.all(waits))).toEqual(new Set([true]));
  expect(asked()).toBe(2);
});

test('whoever waits learns that a session does not come back, or that the gateway stops', async () => {
  expect(await new SessionReturns(hostSaying('ended').link).whenBack(PAIR)).toBe(false);
  const returns = new SessionReturns(hostSaying('starting').link);
  const waiting = returns.whenBack(PAIR);
  returns.close();
  expect(await waiting).toBe(false);
});
