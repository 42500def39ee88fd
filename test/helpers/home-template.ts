import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { makeKeyPair } from './ssh-keys.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A home that `triad init` has made; copying it is a hundred times cheaper. */
    homeTemplate?: string;
  }
}

/** The people of the tests; each has a key in `people/` of the template. */
export const PEOPLE = ['ada', 'dora', 'dirk', 'olga', 'otto'] as const;
export type Person = (typeof PEOPLE)[number];

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');

/** Runs once before the tests of a project (vitest's `globalSetup`), and cleans up after them. */
export async function setup(project: TestProject): Promise<() => void> {
  const root = mkdtempSync(join(tmpdir(), 'triad-template-'));
  const env = { ...process.env, TRIAD_HOME: root, HOME: root };
  const made = spawnSync(process.execPath, [PROGRAM, 'init'], { env, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`init failed: ${made.stderr}`);
  mkdirSync(join(root, 'people'));
  for (const person of PEOPLE) await makeKeyPair(join(root, 'people'), person);
  project.provide('homeTemplate', root);
  return () => rmSync(root, { recursive: true, force: true });
}
