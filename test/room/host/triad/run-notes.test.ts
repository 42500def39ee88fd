import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { paneName } from '../../../../src/base/ids.js';
import { processFacts } from '../../../../src/base/process-scan.js';
import { RunNotes } from '../../../../src/host/triad/left-panes.js';
import type { PaneMemory } from '../../../../src/host/triad/schema.js';
import { withoutDescriptors } from '../../../helpers/file-limit.js';

const WORKER = paneName('worker');
const RUNNING: PaneMemory = {
  ...{ state: 'running', reason: 'command started', since: 1, starts: 1, earlierStarts: 0 },
  ...{ pid: process.pid, question: null, crashes: 0, pauses: 0, pauseMs: 0 },
  ...{ startsAt: null, ending: null, event: 1 },
};

test('a run that starts while there is no descriptor ends nothing, and is noted once there is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'triad-notes-'));
  try {
    const path = join(folder, 'runs', 'pair.json');
    const notes = new RunNotes(path);
    withoutDescriptors(() => notes.remember(WORKER, RUNNING, null));
    expect(notes.part.findFault()).toBe('is behind');
    await notes.part.makeAgain();
    expect(notes.part.findFault()).toBeUndefined();
    const { startedAt, session } = processFacts(process.pid) ?? {};
    const run = { pid: process.pid, startedAt, session };
    expect(notes.runs()).toEqual([{ pane: WORKER, ...run }]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ panes: { worker: { run } } });
    expect(new RunNotes(path).isOfEarlierBoot).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
