import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import type { NewHostEvent } from '../../base/host-event.js';
import type { Part } from '../../base/part.js';
import type { Logger } from '../../log/logger.js';
import type { DoorKey } from '../pane-door/door-key.js';
import { DoorServer } from '../pane-door/door-server.js';
import { PaneDoor, type PaneDoorOptions } from '../pane-door/pane-door.js';
import type { PanePlan, SessionPlan } from '../plan/session-plan.js';

export interface SessionDoorOptions {
  readonly plan: SessionPlan;
  /** The folder of the door's socket, private (0700) and this session's own. */
  readonly directory: string;
  readonly key: DoorKey;
  /** The folder of the `triad` program that commands in panes find. */
  readonly programFolder: string;
  readonly ask: PaneDoorOptions['ask'];
  readonly record: (event: NewHostEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The pane door of one session, and what its panes need to find it. */
export class SessionDoor {
  readonly #options: SessionDoorOptions;
  readonly #path: string;
  #plan: SessionPlan;
  #server: DoorServer | undefined;

  constructor(options: SessionDoorOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#path = join(options.directory, 'door.sock');
  }

  /** Opens the door, before a command may ask. @throws RefusedError when another host has it open. */
  async open(): Promise<void> {
    const { key, ask, record, clock, log } = this.#options;
    const door = new PaneDoor({ plan: () => this.#plan, key, ask, record, clock, log });
    this.#server ??= await DoorServer.listen({ path: this.#path, door, clock, log });
  }

  /** The parts to watch. */
  get parts(): readonly Part[] {
    return this.#server?.parts ?? [];
  }

  /** Lets panes reach what this plan says from now on. */
  setPlan(plan: SessionPlan): void {
    this.#plan = plan;
  }

  /** The variables of a pane's command, among them PATH with the folder of `triad`. */
  paneEnv({ name, program }: PanePlan, path: string): Record<string, string> {
    const { key, programFolder } = this.#options;
    return {
      TRIAD_DOOR: this.#path,
      TRIAD_PANE_TOKEN: key.tokenOf(this.#plan.name, name),
      PATH: `${program.env['PATH'] ?? path}:${programFolder}`,
    };
  }

  /** Closes the door. Idempotent. */
  async close(): Promise<void> {
    await this.#server?.close();
  }
}
