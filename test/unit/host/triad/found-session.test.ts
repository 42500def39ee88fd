import { expect, test } from 'vitest';
import { paneId, paneName } from '../../../../src/base/ids.js';
import { compareSession } from '../../../../src/host/triad/found-panes.js';
import { type FoundPane, programMark } from '../../../../src/host/triad/session-builder.js';
import { planOf } from '../../../helpers/session-plan.js';

const PLAN = planOf({ panes: ['db', 'worker'].map((name) => ({ name, command: [name] })) }, '/');

/** @param programs as `name` with its planned program, or `name*` with another one. */
function found(...programs: string[]): FoundPane[] {
  return programs.map((text, index) => {
    const name = text.replace('*', '');
    const program = PLAN.panes.find((pane) => pane.name === text)?.program;
    return {
      ...{ name: paneName(name), id: paneId(`%${index}`), isDead: false, keeperPid: 1 },
      ...{ programMark: program === undefined ? '' : programMark(program), memory: undefined },
    };
  });
}

test.each<[string, string[], string[], Record<string, string[]>]>([
  ['as planned', ['db', 'worker'], ['db', 'worker'], {}],
  ['with another program', ['db', 'worker*'], ['db', 'worker'], { different: ['worker'] }],
  ['that lacks what somebody closed', ['db'], ['db', 'worker'], closedOnes(['worker'])],
  ['of which all was closed', [], ['db', 'worker'], closedOnes(['db', 'worker'])],
  ['that lacks what was planned since', ['db'], ['db'], { missing: ['worker'] }],
  ['with more than planned', ['db', 'worker', 'x'], ['db', 'worker', 'x'], { different: ['x'] }],
  ['of another plan', ['x'], ['x'], { different: ['db', 'worker', 'x'] }],
])('a session %s is known as such', (_what, there, made, expected) => {
  const { missing, closed, different } = compareSession(PLAN, found(...there), made);
  const nothing = { missing: [], closed: [], different: [] };
  expect({ missing, closed, different }).toEqual({ ...nothing, ...expected });
});

function closedOnes(names: string[]): Record<string, string[]> {
  return { missing: names, closed: names };
}
