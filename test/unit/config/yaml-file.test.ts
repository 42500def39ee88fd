import { expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/base/errors.js';
import { parseYaml } from '../../../src/config/yaml-file.js';
import { gatewaySchema } from '../../../src/gateway/ssh/schema.js';
import { triadSchema } from '../../../src/host/plan/schema.js';
import { containing, matching } from '../../helpers/matching.js';

function problemsOf(text: string, schema: typeof triadSchema | typeof gatewaySchema = triadSchema) {
  try {
    parseYaml(text, 'c.yaml', schema as typeof triadSchema);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test('every problem is told at once, each with its line, column and key', () => {
  const text = `sessions:
  - name: Pair
    colour: red
    panes:
      - name: worker
        command: 7
        cwd: 3
      - {name: worker, command: [], env: {1X: a}}
`;
  expect(problemsOf(text)).toEqual([
    'c.yaml:2:5: sessions[0].name: must be 1 to 64 characters of a-z, 0-9, ".", "_" and "-"',
    'c.yaml:3:5: sessions[0].colour: is not a known key',
    'c.yaml:6:9: sessions[0].panes[0].command: must be a list of arguments, or a text for sh -c',
    'c.yaml:7:9: sessions[0].panes[0].cwd: must be a text, got a number',
    'c.yaml:8:24: sessions[0].panes[1].command: must not be empty',
    'c.yaml:8:43: sessions[0].panes[1].env.1X: must be the name of a variable',
  ]);
});

test('names that are there twice, a second focus and a layout without room are problems', () => {
  const text = `sessions:
  - name: pair
    layout: {columns: [50%, 50%, 50%]}
    panes:
      - {name: a, command: [x], focus: true}
      - {name: a, command: [x], focus: true}
  - {name: pair, panes: [{name: a, command: [x]}]}
`;
  const problems = problemsOf(text).join('\n');
  expect(problems).toContain('c.yaml:6:10: sessions[0].panes[1].name: a is there twice');
  expect(problems).toContain('sessions[0].panes[1].focus: only one pane can have it');
  expect(problems).toContain('c.yaml:3:5: sessions[0].layout: has 3 places for 2 panes');
  expect(
    problemsOf(
      text
        .replace('50%, 50%, 50%', '50%, 50%')
        .replaceAll('name: a, c', 'name: b, c')
        .replace('name: b', 'name: a')
        .replace(', focus: true', ''),
    ),
  ).toEqual([containing('c.yaml:7:6: sessions[1].name: pair is there twice')]);
});

test('a missing key is told where its parent stands', () => {
  expect(problemsOf('sessions:\n  - panes: [{name: a}]\n')).toEqual([
    'c.yaml:2:5: sessions[0].name: is missing',
    'c.yaml:2:13: sessions[0].panes[0].command: is missing',
  ]);
  expect(problemsOf('')).toEqual(['c.yaml:1:1: must be a map, got nothing']);
});

test('a syntax error names its line and column, and a key that is there twice is one', () => {
  expect(problemsOf('sessions:\n  - name: [a\n')).toEqual([matching(/^c\.yaml:\d:\d+: /)]);
  expect(problemsOf('sessions: []\nsessions: []\n')).toEqual([matching(/^c\.yaml:2:1: .*unique/)]);
});

test('aliases that grow without bound or contain themselves are refused', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, index) => {
      const before = 'abcdefgh'[index] ?? '';
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
    }),
  ].join('\n');
  expect(problemsOf(`${bomb}\n`)).toEqual([matching(/^c\.yaml:.*alias/i)]);
  expect(problemsOf('sessions: &s [*s]\n').join()).toMatch(/^c\.yaml:/);
});

test('escape sequences in keys and values never reach the message raw', () => {
  const problems = problemsOf('"\\e[31mred": 1\nsessions: "\\e]0;x\\a"\n').join('\n');
  expect(problems).toContain('\\x1b[31mred: is not a known key');
  expect(problems).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('more problems than anybody reads are counted, not listed', () => {
  const keys = Array.from({ length: 60 }, (_, index) => `k${index}: 1`).join('\n');
  const problems = problemsOf(`sessions: [{name: a, panes: [{name: a, command: [x]}]}]\n${keys}\n`);
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)).toBe('c.yaml: and 10 more');
});

test('gateway.yaml tells ranges and bad listen addresses', () => {
  const text =
    'listen: [nowhere]\nlimits:\n  maxConnections: 0\n  loginGraceTime: soon\n  port: 22\n';
  expect(problemsOf(text, gatewaySchema)).toEqual([
    matching(/^c\.yaml:1:10: listen\[0\]: .*nowhere/),
    matching(/^c\.yaml:3:3: limits\.maxConnections: .*1/),
    matching(/^c\.yaml:4:3: limits\.loginGraceTime: must be 1s to 10m .*soon/),
    'c.yaml:5:3: limits.port: is not a known key',
  ]);
});
