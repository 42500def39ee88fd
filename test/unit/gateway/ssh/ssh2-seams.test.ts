import type { Connection as SshClient } from 'ssh2';
import { expect, test } from 'vitest';
import { askForAnswer, hardenClient } from '../../../../src/gateway/ssh/ssh2-seams.js';

const ignore = (): void => undefined;

/** As much of ssh2's client as is asked questions. */
function silentClient() {
  const handlers: Record<string, () => void> = {
    ...{ CHANNEL_OPEN: ignore, CHANNEL_REQUEST: ignore, CHANNEL_DATA: ignore },
    ...{ CHANNEL_WINDOW_ADJUST: ignore, SERVICE_REQUEST: ignore },
  };
  let asked = 0;
  const protocol = {
    ...{ _handlers: handlers, ping: () => (asked += 1) },
    ...{ _onPayload: ignore, authPKOK: ignore },
  };
  const parts = { _protocol: protocol, _sock: {}, _chanMgr: {}, on: ignore };
  const sshClient = parts as unknown as SshClient;
  return { sshClient, asked: () => asked, answer: () => handlers['REQUEST_FAILURE']?.() };
}

test('a client that leaves 256 questions unanswered is given up, and one that answers is not', () => {
  const { sshClient, asked, answer } = silentClient();
  const violations: string[] = [];
  hardenClient(sshClient, {
    admits: () => true,
    onAuthentication: ignore,
    onViolation: (reason) => violations.push(reason),
  });
  for (let count = 0; count < 256; count += 1) askForAnswer(sshClient, ignore);
  answer();
  askForAnswer(sshClient, ignore);
  expect([asked(), violations]).toEqual([257, []]);
  askForAnswer(sshClient, ignore);
  expect([asked(), violations]).toEqual([257, ['client leaves questions unanswered']]);
});
