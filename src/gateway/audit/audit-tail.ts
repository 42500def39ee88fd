import { type FileHandle, open } from 'node:fs/promises';
import { systemCode } from '../../base/errors.js';
import type { EventPosition } from '../../base/host-event.js';

/** Far more than is written between two events of a host. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The position before the first event. */
export const BEGINNING: EventPosition = { last: 0, at: null };

/**
 * The last event of the host in an audit file, as far as its end tells; undefined where it does not.
 *
 * @throws the system's error.
 */
export async function readLastHostEvent(path: string): Promise<EventPosition | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const lines = (await readEnd(file)).toString('utf8').split('\n');
      for (const line of lines.reverse()) {
        const position = positionIn(line);
        if (position !== undefined) return position;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return undefined;
}

async function readEnd(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
  return bytes.subarray(0, bytesRead);
}

function positionIn(line: string): EventPosition | undefined {
  if (!/"event":"host-(event|record-replaced)"/.test(line)) return undefined;
  try {
    const { event, number, at } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (event === 'host-record-replaced') return BEGINNING;
    const isWhole = event === 'host-event' && Number.isSafeInteger(number);
    return isWhole ? { last: Number(number), at: Date.parse(String(at)) } : undefined;
  } catch {
    return undefined;
  }
}
