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

/** An agent that coordinates others asks a few times a second. */
const REQUESTS = { max: 100, windowMs: 10_000 } as const;
/** Each capture is a process and holds tmux up; a pane that asks for more at once waits for itself. */
const MAX_AT_ONCE = 4;
/** Of each kind from one pane to another: whoever does it all day must not push the rest off the record. */
const RECORDED_USES = { max: 20, windowMs: 60_000 } as const;
const RECORDED_REFUSALS = { max: 5, windowMs: 60_000 } as const;

export interface PaneDoorOptions {
  /** As it is now: a reload may change it. */
  readonly plan: () => ReachPlan;
  readonly key: DoorKey;
  /** Has it done. @returns what is to be printed, in pieces. */
  readonly ask: (pane: PaneName, request: PaneRequest) => Promise<readonly string[]>;
  readonly record: (event: NewHostEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often a pane has asked and been refused lately. */
interface Asker {
  readonly requests: Throttle;
  /** By verb and target. */
  readonly uses: Map<string, Throttle>;
  readonly refusals: Throttle;
  atOnce: number;
}

/** The pane that a token is of, or what whoever sent it is told. */
export type Admission = { readonly from: PaneName } | Extract<DoorAnswer, { failure: unknown }>;

/** Judges what panes ask for, has it done, and puts both on record. */
export class PaneDoor {
  readonly #options: PaneDoorOptions;
  /** By pane; of those whose token was right, so no more than there ever were panes. */
  readonly #askers = new Map<PaneName, Asker>();
  readonly #strangers: Throttle;

  constructor(options: PaneDoorOptions) {
    this.#options = options;
    this.#strangers = this.#throttle(RECORDED_REFUSALS);
  }

  /** Judges whoever asks by the token alone, before the rest is read; never throws. */
  admit(token: string | undefined): Admission {
    try {
      return { from: this.#admit(token) };
    } catch (error) {
      return { failure: failureOf(error, this.#options.log) };
    }
  }

  /** Never throws: every outcome is an answer, also of a request that could not be read. */
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

  /** Before the effect is visible; never what was typed. */
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
