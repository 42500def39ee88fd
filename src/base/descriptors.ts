import { closeSync, openSync } from 'node:fs';
import { BusyError, messageOf } from './errors.js';
import type { Part } from './part.js';
import { findShortage } from './shortage.js';

/**
 * Descriptors that no connection from outside gets: they are for the control socket and for
 * supervision.
 */
const RESERVE = 16;

/** The system's error where this process cannot open `count` more files; undefined where it can. */
export function findDescriptorShortage(count = RESERVE): Error | undefined {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** @throws BusyError where what is left is kept for what has to go on. */
export function requireDescriptors(): void {
  const cause = findDescriptorShortage();
  if (cause === undefined) return;
  const words = findShortage(cause)?.words ?? 'no file can be opened';
  throw new BusyError(words, { hint: 'try again later', cause });
}

/**
 * The file descriptors of this process: a want of them is only shown, since nothing here can make
 * more.
 */
export const FILE_DESCRIPTORS: Part = {
  name: 'file descriptors',
  remedy: 'had',
  findFault: () => (findDescriptorShortage() === undefined ? undefined : 'have run out'),
  makeAgain: async () => {
    const shortage = findDescriptorShortage();
    if (shortage !== undefined) throw shortage;
  },
};
