import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readYamlFile } from '../../../src/config/yaml-file.js';
import { gatewaySchema } from '../../../src/gateway/ssh/schema.js';

const folder = mkdtempSync(join(tmpdir(), 'triad-yaml-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [
    'is not UTF-8',
    Buffer.from('listen: ["\xff\xfe"]', 'latin1'),
    /cannot be read: .*(encod|utf-8)/i,
  ],
  [
    'is larger than any configuration',
    Buffer.alloc(1024 * 1024 + 1, 0x23),
    /is larger than 1048576 bytes/,
  ],
])('a file that %s is refused by its name', async (_what, content, problem) => {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, content);
  await expect(readYamlFile({ root: folder, path }, gatewaySchema)).rejects.toThrow(problem);
  await expect(readYamlFile({ root: folder, path }, gatewaySchema)).rejects.toThrow(path);
});

test('the largest file that is allowed is read', async () => {
  const path = join(folder, 'max.yaml');
  const text = 'limits: {maxConnections: 7}\n';
  writeFileSync(path, text + '#'.repeat(1024 * 1024 - text.length));
  expect((await readYamlFile({ root: folder, path }, gatewaySchema)).limits.maxConnections).toBe(7);
});

test('a missing file and a directory are told with what to do', async () => {
  await expect(
    readYamlFile({ root: folder, path: join(folder, 'none.yaml') }, gatewaySchema),
  ).rejects.toMatchObject({
    message: `${join(folder, 'none.yaml')}: is missing`,
    hint: 'make the defaults: triad init',
  });
  await expect(readYamlFile({ root: folder, path: folder }, gatewaySchema)).rejects.toThrow(
    /is not a regular file/,
  );
});
