import { expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/base/errors.js';
import { parseYaml } from '../../../../src/config/yaml-file.js';
import { triadSchema } from '../../../../src/host/plan/schema.js';
import { planOf } from '../../../helpers/session-plan.js';

/** What a person reads of a session whose panes are `a`, with these keys, and `b`. */
function problemsOf(keys: string, session = ''): readonly string[] {
  const text = `sessions:
  - name: pair
    panes:
      - name: a
        command: [cat]
        ${keys}
      - {name: b, command: [cat]}
${session}`;
  try {
    parseYaml(text, 't.yaml', triadSchema);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

const AT = 't.yaml:6:9: sessions[0].panes[0]';
const TIMES = 'like 500ms, 10s, 5m or 1h30m, got';

test.each([
  ['restart: sometimes', [`${AT}.restart: must be one of always, on-failure, never`]],
  ['needsInput: yes', [`${AT}.needsInput: must be false, or patterns, silence and reads`]],
  [
    "needsInput: {patterns: ['(']}",
    [
      't.yaml:6:33: sessions[0].panes[0].needsInput.patterns[0]: must be a regular expression of RE2: error parsing regexp: missing closing ): `(`',
    ],
  ],
  ['crashLimit: 0', [`${AT}.crashLimit: must be at least 1`]],
  ['crashLimit: many', [`${AT}.crashLimit: must be 1 to 1000000, or none`]],
  ['resetAfter: 2 minutes', [`${AT}.resetAfter: must be 0s to 1d, ${TIMES} 2 minutes`]],
  ['resetAfter: 5', [`${AT}.resetAfter: must have a unit, like 5s`]],
  ['env: {FOO: 1}', ['t.yaml:6:15: sessions[0].panes[0].env.FOO: must be a text, in quotes: "1"']],
  ['history: 300000', [`${AT}.history: must be at most 200000`]],
  [
    'backoff: {first: 10s, max: 5s}',
    ['t.yaml:6:19: sessions[0].panes[0].backoff.first: must be at most max'],
  ],
  [
    'stop: {signal: SIGSTOP}',
    [
      't.yaml:6:16: sessions[0].panes[0].stop.signal: must be one of SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGUSR1, SIGUSR2, SIGTERM, SIGCONT, SIGWINCH',
    ],
  ],
  ['dependsOn: [c]', [`${AT}.dependsOn.c: there is no pane c`]],
  [
    'dependsOn: {b: healthy}',
    ['t.yaml:6:21: sessions[0].panes[0].dependsOn.b: b has no ready probe, so it never is healthy'],
  ],
  ['dependsOn: [a]', [`${AT}.dependsOn: waits for itself: a -> a`]],
  ['ready: {interval: 1s}', [`${AT}.ready: must have one of exec, http, tcp, log, got none`]],
  [
    'ready: {tcp: ":1", log: x}',
    [`${AT}.ready: must have one of exec, http, tcp, log, got tcp and log`],
  ],
  [
    'ready: {tcp: nowhere}',
    ['t.yaml:6:17: sessions[0].panes[0].ready.tcp: must be HOST:PORT or :PORT, got nowhere'],
  ],
  [
    'ready: {http: "ftp://x"}',
    ['t.yaml:6:17: sessions[0].panes[0].ready.http: must be an http or https URL, got ftp://x'],
  ],
  [
    'live: {silence: 1ms}',
    [`t.yaml:6:16: sessions[0].panes[0].live.silence: must be 1s to 30d, ${TIMES} 1ms`],
  ],
  [
    'logFile: {maxSize: 10}',
    [
      `${AT}.logFile: must be true, false, or format, maxSize, maxAge, keep and gzip with their values`,
    ],
  ],
  ['mayReach: [b, c]', ['t.yaml:6:23: sessions[0].panes[0].mayReach[1]: there is no pane c']],
] as const)('%s is refused at its place', (keys, problems) => {
  expect(problemsOf(keys)).toEqual(problems);
});

test('what a pattern is refused for is told in the words of RE2', () => {
  const [problem] = problemsOf('ready: {log: "(x"}');
  expect(problem).toMatch(
    /^t\.yaml:6:17: sessions\[0\]\.panes\[0\]\.ready\.log: must be a regular expression of RE2: .*missing closing \)/,
  );
  const [dependency] = problemsOf('dependsOn: {b: "log:/(x/"}');
  expect(dependency).toMatch(/dependsOn.*must be a regular expression of RE2/);
  const [condition] = problemsOf('dependsOn: {b: alive}');
  expect(condition).toMatch(/must be started, healthy, exited-ok or log:\/REGEX\/, got alive$/);
});

test('a circle of several panes is told once, with the whole way', () => {
  const panes = [
    { name: 'a', command: ['cat'], dependsOn: ['b'] },
    { name: 'b', command: ['cat'], dependsOn: ['c'] },
    { name: 'c', command: ['cat'], dependsOn: ['b'] },
  ];
  const { error } = triadSchema.safeParse({ sessions: [{ name: 'pair', panes }] });
  expect(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'sessions.0.panes.1.dependsOn: waits for itself: b -> c -> b',
  ]);
});

test('rules with unknown panes, hosts that are not listed and one name twice are refused', () => {
  const rules = `    webhookHosts: [ok.example]
    rules:
      - {name: r, when: {pane: c, state: failed}, do: {restart: a}}
      - {name: r, when: {pane: a, silence: 1m}, do: {send: {pane: d, text: x}}}
      - {name: s, when: {pane: a, match: x}, do: {webhook: "https://bad.example/x"}}
      - {name: t, when: {pane: a}, do: {notify: x}}
      - {name: u, when: {pane: a, match: x}, do: {}}
`;
  const told = problemsOf('focus: true', rules).map((each) =>
    each.replace(/^t\.yaml:(\d+):\d+: sessions\[0\]\./, '$1 '),
  );
  expect(told).toEqual([
    '13 rules[3].when: must have one of match, state, silence',
    '14 rules[4].do: must have one of send, keys, signal, restart, exec, webhook, notify',
  ]);
  const rest = rules.split('\n').slice(0, 5).join('\n');
  const others = problemsOf('focus: true', `${rest}\n`).map((each) =>
    each.replace(/^t\.yaml:(\d+):\d+: sessions\[0\]\./, '$1 '),
  );
  expect(others).toEqual([
    '10 rules[0].when.pane: there is no pane c',
    '11 rules[1].name: r is there twice',
    '11 rules[1].do: there is no pane d',
    '12 rules[2].do.webhook: bad.example is not in webhookHosts',
  ]);
});

test('a rule with a wrong name or webhook is told as such, and no more is made of it', () => {
  const rules = `    rules:
      - {name: OOM x, when: {pane: c, state: failed}, do: {restart: a}}
      - {name: s, when: {pane: a, match: x}, do: {webhook: "ftp://bad.example/x"}}
`;
  const told = problemsOf('focus: true', rules).map((each) => /rules\S*: /.exec(each)?.[0]);
  expect(told).toEqual(['rules[0].name: ', 'rules[1].do.webhook: ']);
});

test('what is left out has the defaults that config/triad.yaml tells', () => {
  const [pane] = planOf({ panes: [{ name: 'a', command: ['cat'] }] }, '/').panes;
  expect(pane?.policy).toEqual({
    restart: 'always',
    backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.1 },
    resetAfterMs: 60_000,
    crashLimit: 10,
    stop: { signal: 'SIGTERM', graceMs: 5_000 },
  });
  expect(pane).toMatchObject({ dependsOn: [], historyLines: undefined });
  expect(pane?.mayReach).toBeUndefined();
  expect(pane?.logFile).toBeUndefined();
  expect(pane?.health).toMatchObject({ input: { silenceMs: 3_000, watchesReads: true } });
});

test('every key in its other form means what it says', () => {
  const [pane] = planOf(
    {
      panes: [
        {
          ...{ name: 'a', command: ['cat'], crashLimit: 'none', needsInput: false, logFile: true },
          dependsOn: { b: 'log:/ready on \\d+/', c: 'exited-ok' },
          ready: { tcp: '[::1]:5432', delay: '1h30m', interval: '100ms' },
          live: { silence: '10m' },
        },
        { name: 'b', command: ['cat'] },
        { name: 'c', command: ['cat'] },
      ],
    },
    '/',
  ).panes;
  expect(pane?.policy.crashLimit).toBe(Number.POSITIVE_INFINITY);
  expect(pane?.health).toMatchObject({
    input: undefined,
    ready: { check: { kind: 'tcp', host: '::1', port: 5432 }, delayMs: 5_400_000, intervalMs: 100 },
    live: { check: { kind: 'silence', limitMs: 600_000 } },
  });
  expect(pane?.logFile).toEqual({
    ...{ format: 'text', maxBytes: 10 * 1024 ** 2, maxAgeMs: 86_400_000, keep: 7, gzip: true },
  });
  const [log, exit] = pane?.dependsOn ?? [];
  expect(exit?.until).toEqual({ kind: 'exited-ok' });
  expect(log?.until.kind === 'log' && log.until.pattern.matches('is ready on 80')).toBe(true);
});
