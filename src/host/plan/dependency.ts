import type { Problem } from '../../base/errors.js';
import type { PaneName } from '../../base/ids.js';
import { compilePattern, type Pattern } from '../../base/pattern.js';
import { visible } from '../../base/visible.js';

/**
 * What a pane waits for of another one. `started`: its command runs or has exited. `healthy`: its readiness
 * probe is met. `exited-ok`: it has exited with status 0. `log`: a line matched since it was started.
 */
export type DependencyCondition =
  | { readonly kind: 'started' | 'healthy' | 'exited-ok' }
  | { readonly kind: 'log'; readonly pattern: Pattern };

export interface Dependency {
  readonly on: PaneName;
  readonly until: DependencyCondition;
}

/** Reads `started`, `healthy`, `exited-ok` or `log:/REGEX/`. */
export function readCondition(text: string): DependencyCondition | Problem {
  if (text === 'started' || text === 'healthy' || text === 'exited-ok') return { kind: text };
  const source = /^log:\/(.+)\/$/s.exec(text)?.[1];
  if (source === undefined) {
    return {
      problem: `must be started, healthy, exited-ok or log:/REGEX/, got ${visible(text, 64)}`,
    };
  }
  const pattern = compilePattern(source);
  return 'problem' in pattern ? pattern : { kind: 'log', pattern };
}
