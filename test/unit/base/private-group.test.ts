import { expect, test } from 'vitest';
import { isPrivateGroup } from '../../../src/base/private-group.js';

const PASSWD = `root:x:0:0:root:/root:/bin/sh
ada:x:1000:1000::/home/ada:/bin/sh
bob:x:1001:1001::/home/bob:/bin/sh
eve:x:1002:100::/home/eve:/bin/sh
`;
const GROUP = `root:x:0:
users:x:100:
ada:x:1000:
bob:x:1001:bob
shared:x:2000:ada,bob
empty:x:2001:
alone:x:2002:ada
joined:x:1003:ada,eve
`;
const read = (path: string) => (path === '/etc/passwd' ? PASSWD : GROUP);

test.each([
  ["the user's own group", 1000, 1000, true],
  ["the user's own group that names them once more", 1001, 1001, true],
  ['a group that names them alone', 2002, 1000, true],
  ["another user's own group", 1001, 1000, false],
  ['a group of several', 2000, 1000, false],
  ['a group that another has as primary one', 100, 1000, false],
  ['a group without a member', 2001, 1000, false],
  ['a group that nobody knows', 4000, 1000, false],
  ['a user whom nobody knows', 1000, 4000, false],
  ['a group with a stranger beside them', 1003, 1000, false],
])('%s', (_what, gid, uid, isPrivate) => {
  expect(isPrivateGroup(gid, uid, read)).toBe(isPrivate);
});

test('without the files no group is private', () => {
  expect(isPrivateGroup(0, 0, () => '')).toBe(false);
});
