/**
 * Attack: an engineer calls a verb again and again, thousands of times a minute, so that the record grows
 * by a line for each call and what others did ages out of it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../../../src/base/clock.js';
import { attachmentId, sessionName } from '../../../../../src/base/ids.js';
import type { AttachmentInfo } from '../../../../../src/gateway/attachments/live-attachment.js';
import { Audit } from '../../../../../src/gateway/audit/audit.js';
import { VERBS } from '../../../../../src/gateway/commands/table.js';
import { Executed } from '../../../../helpers/executed.js';
import { describedPane, describedSession } from '../../../../helpers/fake-host.js';
import { quietLog } from '../../../../helpers/quiet-log.js';
import { sampleBase64 } from '../../../../unit/gateway/access/sample-keys.js';

const LIMIT = 100;
/** Those that leave nothing on record but a refusal. */
const UNRECORDED = ['status', 'who', 'watch', 'events', 'grants'];
/** Those that are refused rather than done unrecorded. */
const CHANGES = ['grant', 'revoke'];

const attached: AttachmentInfo = {
  ...{ id: attachmentId(1), session: sessionName('pair'), engineer: 'alice', role: 'observer' },
  ...{ mode: 'watching', skippedFrames: 0, remote: '192.0.2.1', term: 'xterm', cols: 80, rows: 24 },
  since: '2026-01-01T00:00:00Z',
};

function recorded() {
  const folder = mkdtempSync(join(tmpdir(), 'triad-records-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'audit.jsonl');
  let time = 0;
  const audit = Audit.open(path, quietLog(), { ...SYSTEM_CLOCK, elapsed: () => time });
  onTestFinished(() => audit.close());
  const verbs = new Executed({
    describe: async () => [describedSession([describedPane('worker')])],
    supervise: () => Promise.resolve(),
    pane: async () => [],
    reload: async () => ({ changes: [] }),
  });
  verbs.audit = audit;
  verbs.session = sessionName('pair');
  verbs.grants = {
    current: { grants: [], problems: [], staleReason: null },
    grant: async (_change, record) => {
      record?.([]);
      return [];
    },
    revoke: async (_change, record) => {
      record?.([]);
      return [];
    },
  };
  verbs.fileText = `ssh-ed25519 ${sampleBase64('alice')}\n`;
  verbs.attached = [attached];
  const lines = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const pass = () => {
    time += 60_000;
  };
  return { verbs, lines, pass };
}

test.each(VERBS.map((verb) => [verb.name, verb] as const))(
  'the records of %s by one engineer have the limit that all verbs have',
  async (name, { examples }) => {
    const { verbs, lines, pass } = recorded();
    const words = (examples[0] ?? '').split(' ').map((word) => word.replaceAll("'", ''));
    const codes = new Set<number>();
    for (let count = 0; count < LIMIT + 50; count += 1) {
      codes.add((await verbs.run(...words)).exitCode);
    }
    const isChange = CHANGES.includes(name);
    const isRecorded = !UNRECORDED.includes(name);
    expect([...codes]).toEqual(isChange ? [0, 75] : [0]);
    expect(lines()).toHaveLength(isRecorded ? LIMIT : 0);

    // A colleague's are their own.
    verbs.engineer = 'olga';
    await verbs.run(...words);
    expect(lines()).toHaveLength(isRecorded ? LIMIT + 1 : 0);

    verbs.engineer = 'dora';
    pass();
    await verbs.run(...words);
    if (isRecorded) expect(lines().at(-1)).toMatchObject({ suppressed: 50 });
  },
);
