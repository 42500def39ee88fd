import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/base/errors.js';
import {
  findTrusted,
  readTrustedFile,
  requireTrustedFolder,
  trustVersion,
} from '../../../src/base/trusted-file.js';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

let outer = '';
let root = '';
const at = (name: string) => join(root, name);

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'triad-trust-'));
  root = join(outer, 'home');
  mkdirSync(at('config'), { recursive: true, mode: 0o755 });
  chmodSync(at('config'), 0o755);
  writeFileSync(at('config/file'), 'ours', { mode: 0o644 });
});
afterEach(() => rmSync(outer, { recursive: true }));

const read = () => readTrustedFile({ root, path: at('config/file') }, 100).bytes.toString();

/** What `config/file` becomes, elsewhere. */
function moveTo(folder: string, mode = 0o755): string {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, mode);
  renameSync(at('config/file'), join(folder, 'file'));
  return join(folder, 'file');
}

const others: readonly [string, () => void, RegExp][] = [
  [
    'a file that all may write',
    () => chmodSync(at('config/file'), 0o646),
    /config\/file: may be written by others \(mode 0646\): chmod go-w \/.*config\/file$/,
  ],
  [
    'a folder that all may write',
    () => chmodSync(at('config'), 0o777),
    /config: may be written by others \(mode 0777\): chmod go-w \/.*config$/,
  ],
  [
    'a folder that all may write into, but not remove from',
    () => chmodSync(at('config'), 0o1777),
    /config: may be written by others \(mode 1777\)/,
  ],
  ['a home that all may write', () => chmodSync(root, 0o757), /home: may be written by others/],
  [
    'a folder in place of the file',
    () => {
      rmSync(at('config/file'));
      mkdirSync(at('config/file'));
    },
    /config\/file: is not a regular file/,
  ],
  [
    'a link to a file that all may write',
    () => {
      const target = moveTo(join(outer, 'else'));
      chmodSync(target, 0o666);
      symlinkSync(target, at('config/file'));
    },
    /else\/file: may be written by others/,
  ],
  [
    'a link into a folder that all may write',
    () => {
      symlinkSync(moveTo(join(outer, 'else'), 0o777), at('config/file'));
    },
    /else: may be written by others/,
  ],
  [
    'a link through a folder above that all may write',
    () => {
      symlinkSync(moveTo(join(outer, 'open/else')), at('config/file'));
      chmodSync(join(outer, 'open'), 0o777);
    },
    /open: may be written by others/,
  ],
  [
    'a folder that is a link into one that all may write',
    () => {
      mkdirSync(join(outer, 'open'));
      chmodSync(join(outer, 'open'), 0o777);
      renameSync(at('config'), join(outer, 'open/config'));
      symlinkSync('../open/config', at('config'));
    },
    /open: may be written by others/,
  ],
];

const ownersNeeded: readonly [string, () => void, RegExp][] = [
  [
    "another user's file",
    () => chownSync(at('config/file'), NOBODY, 0),
    /config\/file: belongs to user 65534, who is neither you nor root: chown 0 /,
  ],
  [
    "another user's folder",
    () => chownSync(at('config'), NOBODY, 0),
    /config: belongs to user 65534/,
  ],
  ["another user's home", () => chownSync(root, NOBODY, 0), /home: belongs to user 65534/],
  [
    'a file that a group of several may write',
    () => {
      chownSync(at('config/file'), 0, 65_530);
      chmodSync(at('config/file'), 0o664);
    },
    /config\/file: may be written by others \(mode 0664\)/,
  ],
  [
    "another user's link to a file of ours",
    () => {
      symlinkSync(moveTo(join(outer, 'else')), at('config/file'));
      lchownSync(at('config/file'), NOBODY, 0);
    },
    /config\/file: is a link that user 65534 made, who is neither you nor root: remove it/,
  ],
  [
    "another user's link to a folder of ours",
    () => {
      renameSync(at('config'), join(outer, 'else'));
      symlinkSync('../else', at('config'));
      lchownSync(at('config'), NOBODY, 0);
    },
    /config: is a link that user 65534 made/,
  ],
  [
    "another user's link behind one of ours",
    () => {
      symlinkSync(moveTo(join(outer, 'else')), join(outer, 'second'));
      lchownSync(join(outer, 'second'), NOBODY, 0);
      symlinkSync(join(outer, 'second'), at('config/file'));
    },
    /second: is a link that user 65534 made/,
  ],
  [
    "a link into another user's folder",
    () => {
      symlinkSync(moveTo(join(outer, 'else')), at('config/file'));
      chownSync(join(outer, 'else'), NOBODY, 0);
    },
    /else: belongs to user 65534/,
  ],
];

describe('not trusted is', () => {
  test.each(others)('%s', (_what, spoil, reason) => {
    expect(read()).toBe('ours');
    spoil();
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(reason);
  });

  test.runIf(isRoot).each(ownersNeeded)('%s', (_what, spoil, reason) => {
    expect(read()).toBe('ours');
    spoil();
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(reason);
  });
});

describe('trusted is', () => {
  const ways: readonly [string, () => void][] = [
    [
      'a link of ours to a folder elsewhere',
      () => symlinkSync(moveTo(join(outer, 'else')), at('config/file')),
    ],
    ['a link of ours within the home', () => symlinkSync('../else/file', linked(at('else')))],
    [
      'a folder that is a link of ours',
      () => {
        renameSync(at('config'), join(outer, 'dotfiles'));
        symlinkSync('../dotfiles', at('config'));
      },
    ],
    [
      'links that lead from one to the next',
      () => {
        symlinkSync(moveTo(join(outer, 'else')), join(outer, 'second'));
        symlinkSync('../../second', at('config/file'));
      },
    ],
    [
      'a link into a folder of ours in one like /tmp',
      () => {
        symlinkSync(moveTo(join(outer, 'shared/else')), at('config/file'));
        chmodSync(join(outer, 'shared'), 0o1777);
      },
    ],
    [
      'a home that is a link',
      () => {
        renameSync(root, join(outer, 'real'));
        symlinkSync('real', root);
      },
    ],
    ['a home in a folder that others may write', () => chmodSync(outer, 0o777)],
    ['a file with a second name', () => linkSync(at('config/file'), at('config/second'))],
    ['a folder that may be entered, not listed', () => chmodSync(at('config'), 0o711)],
  ];

  /** Moves the file into `folder`, and gives the place of a link to it. */
  function linked(folder: string): string {
    moveTo(folder);
    return at('config/file');
  }

  test.each(ways)('%s', (_what, arrange) => {
    arrange();
    expect(read()).toBe('ours');
  });

  test.runIf(isRoot)("root's file and folder, for another user", () => {
    chmodSync(outer, 0o755);
    process.seteuid?.(NOBODY);
    try {
      expect(read()).toBe('ours');
    } finally {
      process.seteuid?.(0);
    }
  });
});

test('what is missing has the system’s code and the path that was asked for', () => {
  rmSync(at('config/file'));
  expect(read).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(read).toThrow(at('config/file'));
});

test('a link that leads to itself ends', () => {
  rmSync(at('config/file'));
  symlinkSync('file', at('config/file'));
  expect(read).toThrow(/ELOOP/);
});

test('a path that leads out of a home and back is walked like any other', () => {
  symlinkSync(`../../home/../home/config/file`, at('config/link'));
  const { bytes } = readTrustedFile({ root, path: at('config/link') }, 100);
  expect(bytes.toString()).toBe('ours');
});

test('no more is read than was asked for, and no descriptor is kept', () => {
  const before = readdirSync('/proc/self/fd').length;
  expect(readTrustedFile({ root, path: at('config/file') }, 2).bytes.toString()).toBe('ou');
  expect(() => readTrustedFile({ root, path: at('config/none') }, 2)).toThrow(/ENOENT/);
  chmodSync(at('config'), 0o777);
  expect(() => readTrustedFile({ root, path: at('config/file') }, 2)).toThrow(/by others/);
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

test('a folder to write into is judged like one to read from', () => {
  expect(requireTrustedFolder({ root, path: at('config') })).toBe(at('config'));
  symlinkSync('config', at('link'));
  expect(requireTrustedFolder({ root, path: at('link') })).toBe(at('config'));
  chmodSync(at('config'), 0o777);
  expect(() => requireTrustedFolder({ root, path: at('link') })).toThrow(/by others/);
});

test('where a file is says also a link to nothing', () => {
  symlinkSync('../config/none', at('config/link'));
  expect(findTrusted({ root, path: at('config/link') })).toBe(at('config/none'));
  expect(readFileSync(at('config/file'), 'utf8')).toBe('ours');
});

test.each([
  ['its content', () => writeFileSync(at('config/file'), 'more of it')],
  ['its mode', () => chmodSync(at('config/file'), 0o600)],
  ["its folder's mode", () => chmodSync(at('config'), 0o777)],
  ["its home's mode", () => chmodSync(root, 0o777)],
  ['its name', () => rmSync(at('config/file'))],
])('the version of a file changes with %s', (_what, change) => {
  const version = () => trustVersion({ root, path: at('config/file') });
  const before = version();
  expect(version()).toBe(before);
  change();
  expect(version()).not.toBe(before);
});
