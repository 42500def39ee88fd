import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A new content that lies on the disk beside the file it is meant for. */
export interface StagedFile {
  /** Puts the content in place: from now on, after a crash too, the file is the new one. */
  commit(): Promise<void>;
  /** Throws the content away. */
  discard(): Promise<void>;
}

/**
 * Replaces the content of a file, or creates it, so that a reader sees the old content or
 * the new one and never a part, whenever this process or the machine stops.
 *
 * @param mode permissions of the new file, whatever the umask is.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const staged = await stageFile(path, content, mode);
  await staged.commit();
}

/**
 * The first half of `replaceFile`, for callers that check something right before the second. One of
 * `commit` and `discard` must be called.
 */
export async function stageFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<StagedFile> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const discard = () => rm(temporary, { force: true });
  try {
    await using handle = await open(temporary, 'wx', mode);
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } catch (error) {
    await discard();
    throw error;
  }
  return { commit: () => commit(temporary, path), discard };
}

/**
 * Removes what editors of `path` left that were killed between the two halves. Only for callers
 * that keep every other editor out.
 */
export async function removeStagedLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const name = basename(path);
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`${name}.`)) continue;
    if (!/^\.[0-9a-f]{16}\.tmp$/.test(entry.slice(name.length))) continue;
    await rm(join(folder, entry), { force: true });
  }
}

async function commit(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}
