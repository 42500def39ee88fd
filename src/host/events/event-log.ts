import { AppendFile } from '../../base/append-file.js';
import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import {
  type EventsPage,
  type EventsRequest,
  type HostEvent,
  MAX_EVENT_TEXT,
  MAX_KEPT_EVENTS,
  type NewHostEvent,
} from '../../base/host-event.js';
import { WrittenPart } from '../../base/part.js';
import { Throttle } from '../../base/throttle.js';
import { visible } from '../../base/visible.js';
import { Waits } from '../../base/waits.js';
import type { Logger } from '../../log/logger.js';
import { type EventMarks, MarksFile, readMarks } from './event-marks.js';
import { PaneHistory } from './pane-history.js';
import { EVENT_FILES, readStoredEvents } from './stored-events.js';

const MAX_FACTS = 16;
const MAX_FACT_TEXT = 256;
const MINUTE_MS = 60_000;

export interface EventLogOptions {
  /** The path of `state/events.jsonl`; older files and `events.jsonl.marks` lie beside it. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Owns what happened at the host: numbers each event, keeps the newest in memory and on disk, and
 * wakes whoever waits for one. Promises that nothing on disk stops it: what cannot be written is kept in
 * memory and written once that is possible again, and no number is given twice: not where the file was taken
 * away, nor where the process was killed before it could write. It must never hold control characters.
 */
export class EventLog {
  /** The record as a part, which has to be watched: it is behind while nothing can be written. */
  readonly part = new WrittenPart('record of events (events.jsonl)', () => this.#write());
  readonly #options: EventLogOptions;
  readonly #events: HostEvent[];
  readonly #waits: Waits;
  readonly #failures: Throttle;
  /** The last run and state of each pane on record. */
  readonly panes = new PaneHistory();
  readonly #marks: MarksFile;
  #file: AppendFile | undefined;
  #last: number;
  /** The number of the newest event that is on the disk. */
  #saved: number;
  #isClosed = false;

  private constructor(options: EventLogOptions) {
    const { path, log, clock } = options;
    const { events, badLines, problems } = readStoredEvents(path);
    const marksPath = `${path}.marks`;
    const { marks, problem } = readMarks(marksPath);
    this.#marks = new MarksFile(marksPath);
    this.#options = options;
    this.#events = [...events];
    const stored = events.at(-1)?.number ?? 0;
    this.#last = Math.max(stored, marks.last);
    this.#saved = this.#last;
    this.#waits = new Waits(clock, 'events');
    this.#failures = new Throttle({ max: 1, windowMs: MINUTE_MS, now: () => clock.elapsed() });
    if (badLines > 0) log.warn({ path, badLines }, 'lines of the event file left out');
    for (const reason of problems) log.error({ reason }, 'event file not read');
    if (problem !== undefined) log.error({ reason: problem }, 'marks of the events not read');
    for (const event of events) this.panes.take(event);
    this.panes.recall(marks.runs.filter(([, run]) => run.number <= marks.saved));
    this.#tellLost(Math.max(stored, marks.saved), marks);
  }

  /** Reads what an earlier run kept; never throws for what is on the disk. */
  static open(options: EventLogOptions): EventLog {
    return new EventLog(options);
  }

  /** Puts an event on record; texts are made visible and cut. */
  record(event: NewHostEvent): HostEvent {
    this.#last += 1;
    const number = this.#last;
    const recorded = { number, at: Math.max(0, this.#options.clock.now()), ...bounded(event) };
    this.#events.push(recorded);
    this.panes.take(recorded);
    this.#save();
    if (this.#events.length > MAX_KEPT_EVENTS) this.#events.shift();
    this.#waits.endAll();
    return recorded;
  }

  /**
   * A page of events, at once or when there is one; an empty one after `waitMs`.
   *
   * @throws UnavailableError when too many wait already.
   */
  async read(request: EventsRequest): Promise<EventsPage> {
    const after = request.after < 0 ? Math.max(0, this.#last + request.after) : request.after;
    if (request.waitMs > 0 && after >= this.#last && !this.#isClosed) {
      await this.#waits.wait(request.waitMs);
    }
    const start = this.#indexAfter(after);
    const events = this.#events.slice(start, start + request.count);
    const end = events.at(-1)?.number ?? this.#last;
    const before = this.#events[start - 1];
    return {
      ...{ events, last: this.#last, missed: Math.max(0, end - after - events.length) },
      afterAt: before?.number === after ? before.at : null,
    };
  }

  /** Answers everybody who waits. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#waits.endAll();
    this.#file?.close();
    this.#marks.close();
  }

  /** Records which events an earlier host had in memory alone when it ended. */
  #tellLost(saved: number, { last }: EventMarks): void {
    const count = last - saved;
    if (count <= 0) return;
    const range = { first: saved + 1, last };
    this.record({
      ...{ kind: 'events-lost', session: null, pane: null, by: null, facts: { count, ...range } },
      text: `${count} events, ${range.first} to ${last}, could not be written before the host ended`,
    });
  }

  /** The index of the first event with a larger number, by bisection: numbers grow. */
  #indexAfter(number: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.number ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Writes the events that are not on the disk yet: more than the newest where writing failed
   * before.
   */
  #save(): void {
    if (this.#isClosed) return;
    this.#writeOrTell();
    try {
      const [last, saved] = [this.#last, this.#saved];
      this.#marks.write({ last, saved, runs: this.panes.runs });
    } catch (error) {
      this.#tellFailure(error, 'marks of the events not written');
    }
  }

  #writeOrTell(): void {
    try {
      this.#write();
      this.part.note(true);
    } catch (error) {
      this.part.note(false);
      this.#tellFailure(error, 'events not written, kept in memory');
    }
  }

  #write(): void {
    if (this.#isClosed) return;
    const unsaved = this.#events.findLastIndex(({ number }) => number <= this.#saved) + 1;
    this.#file ??= new AppendFile({ path: this.#options.path, ...EVENT_FILES });
    for (const event of this.#events.slice(unsaved)) {
      this.#file.append(`${JSON.stringify(event)}\n`);
      this.#saved = event.number;
    }
  }

  #tellFailure(error: unknown, message: string): void {
    const facts = { path: this.#options.path, reason: messageOf(error) };
    this.#failures.write((leftOut) => this.#options.log.error({ ...facts, ...leftOut }, message));
  }
}

function bounded(event: NewHostEvent): NewHostEvent {
  const facts = Object.entries(event.facts).slice(0, MAX_FACTS);
  return {
    ...{ kind: event.kind, session: event.session, pane: event.pane },
    by: event.by === null ? null : clean(event.by, MAX_FACT_TEXT),
    text: clean(event.text, MAX_EVENT_TEXT),
    facts: Object.fromEntries(
      facts.map(([name, value]) => [
        clean(name, MAX_FACT_TEXT),
        typeof value === 'string' ? clean(value, MAX_FACT_TEXT) : value,
      ]),
    ),
  };
}

/** Leaves text that is harmless as it is, since it may have been escaped already. */
function clean(text: string, max: number): string {
  const isHarmless = text.length <= max && !/[\p{C}\u2028\u2029]/u.test(text);
  return isHarmless
    ? text
    : visible(text, max)
        .slice(0, max)
        .replace(/[\ud800-\udbff]$/, '');
}
