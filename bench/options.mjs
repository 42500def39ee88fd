import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run bench -- [OPTION...]

Measures Triad beside sshd + tmux on this machine, and prints a table.

  --only NAME[,NAME...]   these measures only
  --observers N[,N...]    how many observers, ascending (default 10,100,1000)
  --rounds N              how often each thing is measured (default 3)
  --form one|two          processes that Triad with a crowd is made of (default one)
  --without-sshd          measures Triad alone
  --quick                 small counts, to try the bench itself
  --profile               prints where Triad spent its CPU time
  --json FILE             writes all figures to a file
  --write                 puts the table into docs/benchmarks.md
  --help

Measures: NAMES
`;

/**
 * @typedef {object} Options
 * @property {readonly string[]} only empty: all that run by default
 * @property {readonly number[]} observers
 * @property {number} rounds
 * @property {import('./systems/triad.mjs').Form} form
 * @property {boolean} withoutSshd
 * @property {boolean} quick
 * @property {boolean} profile
 * @property {string | undefined} json
 * @property {boolean} write
 * @property {boolean} help
 */

/** An argument that makes no sense; the message is for the person. */
export class UsageError extends Error {}

/** @type {Record<string, import('./systems/triad.mjs').Form>} */
const FORMS = { one: 'one process', two: 'two processes' };

/** @param {readonly string[]} argv @param {readonly string[]} names of all measures @returns {Options} */
export function readOptions(argv, names) {
  const { values } = parse(argv);
  const only = values.only === '' ? [] : values.only.split(',');
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`no measure is called ${unknown}`);
  const form = FORMS[values.form];
  if (form === undefined) throw new UsageError('--form is one or two');
  const byDefault = values.quick
    ? { observers: '5,20', rounds: '2' }
    : { observers: '10,100,1000', rounds: '3' };
  const { observers = byDefault.observers, rounds = byDefault.rounds } = values;
  return {
    only,
    observers: observers
      .split(',')
      .map((text) => readCount(text, '--observers'))
      .toSorted((left, right) => left - right),
    rounds: readCount(rounds, '--rounds'),
    form,
    withoutSshd: values['without-sshd'],
    quick: values.quick,
    profile: values.profile,
    json: values.json,
    write: values.write,
    help: values.help,
  };
}

/** @param {readonly string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string', default: '' },
        observers: { type: 'string' },
        rounds: { type: 'string' },
        form: { type: 'string', default: 'one' },
        'without-sshd': { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        json: { type: 'string' },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} text @param {string} option */
function readCount(text, option) {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(`${option} takes whole numbers above 0, got ${text}`);
}

/** How much of each thing is measured. @typedef {typeof FULL} Counts */

const FULL = {
  keystrokes: 200,
  crowdKeystrokes: 100,
  crowdKeystrokesMs: 4000,
  stopped: [0, 10, 100],
  connects: 10,
  connectsAtOnce: 50,
  windowMs: 2000,
  bulkBytes: 100e6,
  bulkObservers: 100,
  floorObservers: 200,
  scrollback: { capture: 120_000, search: 160_000 },
  kills: 200,
  idleMs: 20_000,
  endurance: { observers: 200, firstMs: 60_000, lastMs: 600_000 },
};

/** @type {Counts} */
const QUICK = {
  keystrokes: 20,
  crowdKeystrokes: 10,
  crowdKeystrokesMs: 2000,
  stopped: [0, 5],
  connects: 2,
  connectsAtOnce: 5,
  windowMs: 1000,
  bulkBytes: 10e6,
  bulkObservers: 10,
  floorObservers: 20,
  scrollback: { capture: 5000, search: 8000 },
  kills: 10,
  idleMs: 3000,
  endurance: { observers: 20, firstMs: 5000, lastMs: 15_000 },
};

/** @param {Pick<Options, 'quick'>} options */
export function countsOf({ quick }) {
  return quick ? QUICK : FULL;
}
