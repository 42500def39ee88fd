import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type AttachmentId,
  attachmentId,
  engineerName,
  sessionName,
} from '../../../../src/base/ids.js';
import type { AttachmentMode } from '../../../../src/gateway/attachments/live-attachment.js';
import { Presences, type Present } from '../../../../src/gateway/attachments/presences.js';

const PAIR = sessionName('pair');

class People {
  readonly live = new Map<AttachmentId, Present>();
  readonly shown: string[] = [];
  readonly presences = new Presences(this.live, (session, { drivers, observers }) =>
    this.shown.push(`${session}: ${drivers.join(',')} +${observers}`),
  );

  /** Lets the time pass after which something new is told. */
  rest(): this {
    vi.advanceTimersByTime(1_000);
    return this;
  }

  come(engineer: string, mode: AttachmentMode, session = PAIR): Present {
    const id = attachmentId(this.live.size + 1);
    const attachment = { id, session, mode, caller: { engineer: engineerName(engineer) } };
    this.live.set(id, attachment);
    this.presences.update(session);
    return attachment;
  }

  leave(attachment: Present): void {
    this.live.delete(attachment.id);
    this.presences.forget(attachment);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('who typed last is the first of those who drive', () => {
  const people = new People();
  const [dora, dirk] = [people.come('dora', 'typing'), people.come('dirk', 'typing')];
  people.presences.noteTyped(dirk);
  expect(people.rest().shown.at(-1)).toBe('pair: dirk,dora +0');
  people.presences.noteTyped(dora);
  expect(people.rest().shown.at(-1)).toBe('pair: dora,dirk +0');
});

test('the first change is told at once, and those of a second together', () => {
  const people = new People();
  for (let name = 0; name < 100; name += 1) people.come(`w${name}`, 'watching');
  expect(people.shown).toEqual(['pair:  +1']);
  expect(people.rest().shown).toEqual(['pair:  +1', 'pair:  +100']);
  expect(people.rest().rest().shown).toHaveLength(2);
});

test('somebody who goes on typing tells nothing new', () => {
  const people = new People();
  const dora = people.come('dora', 'typing');
  people.presences.noteTyped(dora);
  const told = people.rest().shown.length;
  for (let key = 0; key < 100; key += 1) people.presences.noteTyped(dora);
  expect(people.rest().shown).toHaveLength(told);
});

test('an engineer with two terminals is named once, and watchers are counted', () => {
  const people = new People();
  people.come('dora', 'typing');
  people.come('dora', 'typing');
  people.come('dora', 'watching');
  people.come('olga', 'watching');
  people.come('wanda', 'waiting');
  people.come('else', 'typing', sessionName('other'));
  people.rest();
  expect(people.shown.slice(1)).toEqual(['other: else +0', 'pair: dora +2']);
});

test('whoever left is not named any more', () => {
  const people = new People();
  const dora = people.come('dora', 'typing');
  people.come('dirk', 'typing');
  people.presences.noteTyped(dora);
  people.leave(dora);
  expect(people.rest().shown.at(-1)).toBe('pair: dirk +0');
});
