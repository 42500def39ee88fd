import type { Clock } from '../../base/clock.js';
import { NotPermittedError, RefusedError } from '../../base/errors.js';
import type { NewHostEvent } from '../../base/host-event.js';
import type { PaneName } from '../../base/ids.js';
import { type PaneRequest, recordOf } from '../../base/pane.js';
import { Throttle } from '../../base/throttle.js';
import type { Logger } from '../../log/logger.js';
import { failureOf } from './door-failure.js';
import type { DoorKey } from './door-key.js';
import { decideReach, type ReachPlan } from './reach.js';
import { type DoorAnswer, doorRequestSchema } from './schema.js';

/**
 * Most requests of a pane in a window; an agent that coordinates others asks a few times a second.
 */
const REQUESTS = { max: 100, windowMs: 10_000 } as const;
/** Most requests of a pane that are done at once: each capture is a process and holds tmux up. */
const MAX_AT_ONCE = 4;
/**
 * Most uses on record of one verb from one pane on another, so that a busy pane does not push the
 * rest off the record.
 */
const RECORDED_USES = { max: 20, windowMs: 60_000 } as const;
const RECORDED_REFUSALS = { max: 5, windowMs: 60_000 } as const;

export interface PaneDoorOptions {
  /** The plan as it is now: a reload may change it. */
  readonly plan: () => ReachPlan;
  readonly key: DoorKey;
  /** Has a request done. @returns what is to be printed, in pieces. */
  readonly ask: (pane: PaneName, request: PaneRequest) => Promise<readonly string[]>;
  readonly record: (event: NewHostEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often a pane has asked and been refused lately. */
interface Asker {
  readonly requests: Throttle;
  /** The uses that were put on record lately, by verb and target. */
  readonly uses: Map<string, Throttle>;
  readonly refusals: Throttle;
  atOnce: number;
}

/** The pane that a token belongs to, or the failure that its sender is told. */
export type Admission = { readonly from: PaneName } | Extract<DoorAnswer, { failure: unknown }>;

/** Judges what panes ask for, has it done, and puts both on record. */
export class PaneDoor {
  readonly #options: PaneDoorOptions;
  /** Those who asked with a right token, by pane: never more than there were panes. */
  readonly #askers = new Map<PaneName, Asker>();
  readonly #strangers: Throttle;

  constructor(options: PaneDoorOptions) {
    this.#options = options;
    this.#strangers = this.#throttle(RECORDED_REFUSALS);
  }

  /** Judges a request by its token alone, before the rest is read; never throws. */
  admit(token: string | undefined): Admission {
    try {
      return { from: this.#admit(token) };
    } catch (error) {
      return { failure: failureOf(error, this.#options.log) };
    }
  }

  /**
   * Answers a request. Never throws: every outcome is an answer, even where the request could not
   * be read.
   */
  async answer(from: PaneName, request: Promise<unknown>): Promise<DoorAnswer> {
    try {
      return { stdout: await this.#answer(from, await request) };
    } catch (error) {
      return { failure: failureOf(error, this.#options.log) };
    }
  }

  #admit(token: string | undefined): PaneName {
    const { name } = this.#options.plan();
    const from = token === undefined ? undefined : this.#options.key.findPane(name, token);
    if (from === undefined) {
      this.#refused(null, this.#strangers, 'somebody without the token of a pane was refused');
      throw new NotPermittedError(`this is no pane of ${name}`);
    }
    const asker = this.#askerOf(from);
    if (!asker.requests.write(() => undefined)) this.#refuseRate(asker, from);
    return from;
  }

  async #answer(from: PaneName, request: unknown): Promise<string> {
    const parsed = doorRequestSchema.safeParse(request);
    if (!parsed.success) throw new RefusedError('the pane door takes send, keys, signal, capture');
    const { target, ask } = parsed.data;
    const plan = this.#options.plan();
    const asker = this.#askerOf(from);
    if (asker.atOnce >= MAX_AT_ONCE) this.#refuseRate(asker, from);
    const to = decideReach({ from, target, verb: ask.verb }, plan);
    if (typeof to === 'object') {
      this.#refused(from, asker.refusals, `${to.refusal}: ${ask.verb} refused`);
      const own = plan.panes.find(({ name }) => name === from);
      const hint = own?.mayReach && 'mayReach in triad.yaml says which it may';
      throw new NotPermittedError(to.refusal, { hint });
    }
    this.#record(from, to, ask);
    return (await this.#counted(asker, () => this.#options.ask(to, ask))).join('');
  }

  #askerOf(pane: PaneName): Asker {
    const known = this.#askers.get(pane);
    if (known !== undefined) return known;
    const asker = {
      requests: this.#throttle(REQUESTS),
      uses: new Map<string, Throttle>(),
      refusals: this.#throttle(RECORDED_REFUSALS),
      atOnce: 0,
    };
    this.#askers.set(pane, asker);
    return asker;
  }

  #refuseRate(asker: Asker, from: PaneName): never {
    this.#refused(from, asker.refusals, `${from} asks too often and was refused`);
    const limits = `at most ${REQUESTS.max} in 10 s, ${MAX_AT_ONCE} at once`;
    throw new RefusedError(`${from} asks too often: ${limits}`, { hint: 'try again later' });
  }

  async #counted<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
    asker.atOnce += 1;
    try {
      return await work();
    } finally {
      asker.atOnce -= 1;
    }
  }

  /** Puts a use on record before its effect is visible; never what was typed. */
  #record(from: PaneName, to: PaneName, ask: PaneRequest): void {
    const { done, facts } = recordOf(ask);
    const text = `${from} ${done} ${to}`;
    this.#usesOf(from, to, ask.verb).write((leftOut) =>
      this.#options.record({
        kind: 'pane-signalled',
        ...{ session: this.#options.plan().name, pane: to, by: `pane:${from}`, text },
        facts: { verb: ask.verb, target: to, ...facts, ...leftOut },
      }),
    );
  }

  #usesOf(from: PaneName, to: PaneName, verb: PaneRequest['verb']): Throttle {
    const { uses } = this.#askerOf(from);
    const known = uses.get(`${verb} ${to}`);
    if (known !== undefined) return known;
    const throttle = this.#throttle(RECORDED_USES);
    uses.set(`${verb} ${to}`, throttle);
    return throttle;
  }

  #refused(from: PaneName | null, throttle: Throttle, text: string): void {
    throttle.write((leftOut) =>
      this.#options.record({
        kind: 'pane-refused',
        ...{ session: this.#options.plan().name, pane: from, text },
        by: from === null ? null : `pane:${from}`,
        facts: { ...leftOut },
      }),
    );
  }

  #throttle(limit: { readonly max: number; readonly windowMs: number }): Throttle {
    return new Throttle({ ...limit, now: () => this.#options.clock.elapsed() });
  }
}
