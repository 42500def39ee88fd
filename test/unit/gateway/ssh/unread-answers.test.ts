import type { Connection as SshClient } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { UnreadAnswers } from '../../../../src/gateway/ssh/unread-answers.js';

/** A client that takes what it is sent only when the test says so. */
class SlowClient {
  readonly _sock = { bytesWritten: 0, writableLength: 0 };
  readonly _protocol: { _queue: Uint8Array[] | undefined } = { _queue: undefined };

  get answers(): UnreadAnswers {
    return new UnreadAnswers(this as unknown as SshClient);
  }

  answer(): void {
    this._sock.bytesWritten += 36;
    this._sock.writableLength += 36;
  }
}

function ask(client: SlowClient, answers: UnreadAnswers, times: number): boolean {
  let isAllowed = true;
  for (let asked = 0; asked < times; asked += 1) {
    isAllowed = answers.add();
    client.answer();
  }
  return isAllowed;
}

describe('unread answers', () => {
  test('may be 2048 and not one more', () => {
    const client = new SlowClient();
    const { answers } = client;
    expect(ask(client, answers, 2048)).toBe(true);
    expect(answers.add()).toBe(false);
  });

  test('that have left are counted no more, even while others wait', () => {
    const client = new SlowClient();
    const { answers } = client;
    for (let round = 0; round < 10; round += 1) {
      expect(ask(client, answers, 2000)).toBe(true);
      client._sock.writableLength = 36;
    }
  });

  test('that wait for a key exchange have not left', () => {
    const client = new SlowClient();
    client._protocol._queue = [Buffer.alloc(36)];
    const { answers } = client;
    for (let asked = 0; asked < 2048; asked += 1) expect(answers.add()).toBe(true);
    expect(answers.add()).toBe(false);
  });
});
