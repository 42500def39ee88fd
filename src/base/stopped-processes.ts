import { UnavailableError } from './errors.js';
import type { Part } from './part.js';
import { continueStopped, processFacts } from './process-scan.js';

/**
 * Processes that somebody may stop (SIGSTOP) and that nobody else continues, as one part of the
 * process that needs them.
 */
export class StoppedProcesses implements Part {
  readonly remedy = 'continued';
  readonly name: string;
  readonly #processes: () => ReadonlyMap<number, string>;

  /**
   * @param processes those that live, by process id, each with words for which it is: `of engine`.
   */
  constructor(name: string, processes: () => ReadonlyMap<number, string>) {
    this.name = name;
    this.#processes = processes;
  }

  findFault(): string | undefined {
    const stopped = this.#stopped.map(([, which]) => which);
    return stopped.length === 0 ? undefined : `${stopped.join(', ')} was stopped`;
  }

  async makeAgain(): Promise<void> {
    for (const [pid] of this.#stopped) {
      if (continueStopped(pid) || processFacts(pid) === undefined) continue;
      throw new UnavailableError(`the system does not let process ${pid} go on`, {
        hint: `continue it as its owner: kill -CONT ${pid}`,
      });
    }
  }

  get #stopped(): [number, string][] {
    return [...this.#processes()].filter(([pid]) => processFacts(pid)?.state === 'T');
  }
}
