import { expect, test } from 'vitest';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';

test('a session whose connection to tmux is just being made again is ended in order', async () => {
  await using small = await SmallHost.start();
  await small.server.run(['detach-client', '-s', 'pair']);
  await small.link.endSession({ session: PAIR });
  expect(small.log.join('')).not.toContain('not ended in order');
  expect(small.events.map(({ kind }) => kind)).toContain('command-ended');
});
