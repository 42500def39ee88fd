import type { output, RefinementCtx, ZodType } from 'zod';
import { isName, NAME_RULE, type SessionName, sessionName } from '../../base/ids.js';
import { PANE_SIGNALS } from '../../base/pane.js';
import { argument, argumentList, duration, paneNameText, printable, z } from '../../base/schema.js';
import { MAX_CELLS, SMALLEST_WINDOW } from '../../base/terminal-size.js';
import { healthKeys } from '../health/schema.js';
import { rulesKeys } from '../rules/schema.js';
import { outputKeys } from '../tap/schema.js';
import { readCondition } from './dependency.js';
import { findPlanProblems, type PlanProblem } from './plan-problems.js';

/** tmux refuses to split a window into panes of less than a few cells long before this. */
const MAX_PANES = 32;
const MAX_SESSIONS = 32;
/** Most lines of scrollback; each takes 0.5 to 5 KB of the tmux server's memory. */
const MAX_HISTORY = 200_000;
const MAX_CRASHES = 1_000_000;

const command = z
  .union([argument.min(1), argumentList], {
    error: orMissing('must be a list of arguments, or a text for sh -c'),
  })
  .transform((value) => (typeof value === 'string' ? ['/bin/sh', '-c', value] : value));

const name = z.string().refine(isName, `must be ${NAME_RULE}`);

const policyKeys = {
  /** `on-failure`: when the command exited with a status other than 0, or a signal ended it. */
  restart: z
    .enum(['always', 'on-failure', 'never'])
    .default('always')
    .describe('when a command that ended is started again'),
  backoff: z
    .strictObject({
      first: duration('0s', '1h').prefault('1s').describe('the pause after the first end'),
      factor: z.number().min(1).max(10).default(2).describe('how each further one grows'),
      max: duration('0s', '1d').prefault('1m').describe('the longest pause'),
      // The pause is drawn anew each time, shorter by up to this share of it.
      jitter: z.number().min(0).max(1).default(0.1).describe('share of it that is left to chance'),
    })
    .refine(({ first, max }) => first <= max, { path: ['first'], message: 'must be at most max' })
    .prefault({})
    .transform(({ first, max, ...rest }) => ({ firstMs: first, maxMs: max, ...rest })),
  resetAfter: duration('0s', '1d')
    .prefault('1m')
    .describe('after being well for this long, crashes and pauses count anew'),
  crashLimit: z
    .union([z.int().min(1).max(MAX_CRASHES), z.literal('none')], {
      error: `must be 1 to ${MAX_CRASHES}, or none`,
    })
    .default(10)
    .transform((limit) => (limit === 'none' ? Number.POSITIVE_INFINITY : limit))
    .describe('so many crashes in a row, and it has failed; none: never'),
  stop: z
    .strictObject({
      signal: z.enum(PANE_SIGNALS).default('SIGTERM'),
      grace: duration('0s', '1h').prefault('5s').describe('until SIGKILL'),
    })
    .prefault({})
    .transform(({ signal, grace }) => ({ signal, graceMs: grace })),
};

const condition = z.string().transform((text, context) => {
  const read = readCondition(text);
  if (!('problem' in read)) return read;
  context.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});

const dependsOn = z
  .union([
    z.array(paneNameText).transform((names) => names.map((each) => [each, 'started'] as const)),
    z.record(z.string(), z.string()).transform((map) => Object.entries(map)),
  ])
  .pipe(
    z
      .array(z.tuple([paneNameText, condition]))
      .transform((all) => all.map(([on, until]) => ({ on, until }))),
  );

const pane = z.strictObject({
  name: paneNameText.describe('how verbs call the pane'),
  title: printable.optional().describe('what its border shows; the name where left out'),
  command: command.describe('a list is run as it is; a text goes to sh -c'),
  cwd: argument
    .optional()
    .describe('working directory, relative to the home; the home where left out'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'),
      z.union([argument, z.null()], { error: textInQuotes }),
    )
    .default({})
    .describe('variables to set; one without a value is passed on from `triad up`'),
  focus: z.boolean().default(false).describe('true for the pane that is active at first'),
  ...policyKeys,
  dependsOn: dependsOn
    .prefault([])
    .describe('panes it waits for: started, healthy, exited-ok or log:/REGEX/'),
  ...healthKeys,
  ...outputKeys,
  history: z
    .int()
    .min(0)
    .max(MAX_HISTORY)
    .optional()
    .describe('lines of scrollback; history-limit of tmux.conf where left out'),
  mayReach: z
    .array(paneNameText)
    .max(MAX_PANES)
    .optional()
    .describe('panes it may signal from within; all others of its triad where left out'),
});

/**
 * The hint for a value without quotes, of which YAML makes a number or a boolean; a variable has to
 * be a text.
 */
function textInQuotes({ input }: { readonly input?: unknown }): string | undefined {
  const isPlain = typeof input === 'number' || typeof input === 'boolean';
  return isPlain ? `must be a text, in quotes: "${input}"` : undefined;
}

/**
 * The message for a value that fits no form of a union, of which zod itself only says that it fits
 * none.
 */
function orMissing(rule: string) {
  return ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : rule);
}

/** The size of a pane in its row or column: percent of it, or cells. */
const size = z.union([z.string().regex(/^([1-9]\d?|100)%$/), z.number().int().min(1).max(1000)], {
  error: 'must be a size: 1% to 100%, or 1 to 1000 cells',
});

export type LayoutSize = string | number;

/** One part of an explicit layout: the next pane with a size, or a row or column of further parts. */
export type LayoutPart =
  | LayoutSize
  | { readonly rows: readonly LayoutPart[]; readonly size?: LayoutSize | undefined }
  | { readonly columns: readonly LayoutPart[]; readonly size?: LayoutSize | undefined };

const part: ZodType<LayoutPart> = z.lazy(() => z.union([size, split]));
const parts = z.array(part).min(1).max(MAX_PANES);
const split = z.union(
  [
    z.strictObject({ rows: parts, size: size.optional() }),
    z.strictObject({ columns: parts, size: size.optional() }),
  ],
  { error: 'must be a size, or rows or columns of sizes' },
);

/** tmux(1), "The following layouts are supported"; the mirrored ones need tmux 3.5. */
const LAYOUTS = [
  'even-horizontal',
  'even-vertical',
  'main-horizontal',
  'main-horizontal-mirrored',
  'main-vertical',
  'main-vertical-mirrored',
  'tiled',
] as const;

const layout = z
  .union([z.enum(LAYOUTS), split], {
    error: `must be one of ${LAYOUTS.join(', ')}, or rows or columns of sizes`,
  })
  .default('tiled');

export type Layout = output<typeof layout>;

const FOLLOWED = ['typist', 'largest', 'smallest'] as const;
const FIXED = /^fixed (\d{1,4})x(\d{1,4})$/;
const { cols: MIN_COLS, rows: MIN_ROWS } = SMALLEST_WINDOW;
const FOLLOW_RULE = `must be ${FOLLOWED.join(', ')}, or fixed COLSxROWS of ${MIN_COLS}x${MIN_ROWS} to ${MAX_CELLS}x${MAX_CELLS}`;

const fixed = z
  .string()
  .regex(FIXED)
  .transform((text) => {
    const [, cols, rows] = FIXED.exec(text) ?? [];
    return { cols: Number(cols), rows: Number(rows) };
  })
  .pipe(
    z.strictObject({
      cols: z.int().min(MIN_COLS).max(MAX_CELLS),
      rows: z.int().min(MIN_ROWS).max(MAX_CELLS),
    }),
  );
const follow = z.union([z.enum(FOLLOWED), fixed], { error: FOLLOW_RULE }).default('typist');

const windowSize = z.strictObject({ follow }).prefault({});

/**
 * What sizes the window: somebody's terminal, or a number of cells that includes the status line.
 */
export type SizePolicy = Readonly<output<typeof windowSize>>;

const session = z
  .strictObject({
    name: name
      .transform((text): SessionName => sessionName(text))
      .describe('also the SSH user name'),
    layout: layout.describe('a tmux layout, or rows and columns with sizes'),
    size: windowSize.describe(
      'what sizes the window: follow: typist, largest, smallest, fixed 120x40',
    ),
    panes: z.array(pane).min(1).max(MAX_PANES),
    ...rulesKeys,
  })
  .superRefine((value, context) => {
    const isSound = context.issues.length === 0;
    const { panes } = value;
    rejectTwice(context, panes, ['panes']);
    const focused = panes.flatMap((each, index) => (each.focus ? [index] : []));
    for (const index of focused.slice(1)) {
      report(context, ['panes', index, 'focus'], 'only one pane can have it');
    }
    const places = typeof value.layout === 'string' ? panes.length : countPlaces(value.layout);
    if (places !== panes.length) {
      report(context, ['layout'], `has ${places} places for ${panes.length} panes`);
    }
    // A part with an issue was not transformed, and cannot be judged together with the others.
    const problems = isSound ? findPlanProblems(value) : [];
    for (const { path, message } of problems) report(context, path, message);
  });

/** The schema of `config/triad.yaml`. */
export const triadSchema = z.strictObject({
  sessions: z
    .array(session)
    .min(1)
    .max(MAX_SESSIONS)
    .superRefine((sessions, context) => rejectTwice(context, sessions, [])),
});

export type TriadConfig = output<typeof triadSchema>;
type SessionConfig = TriadConfig['sessions'][number];
export type PaneConfig = SessionConfig['panes'][number];

function rejectTwice(
  context: RefinementCtx,
  all: readonly { readonly name: string }[],
  path: PlanProblem['path'],
): void {
  const names = all.map((each) => each.name);
  names.forEach((each, index) => {
    if (names.indexOf(each) === index) return;
    report(context, [...path, index, 'name'], `${each} is there twice`);
  });
}

function report(context: RefinementCtx, path: PlanProblem['path'], message: string): void {
  context.addIssue({ code: 'custom', path: [...path], message });
}

function countPlaces(layoutPart: LayoutPart): number {
  if (typeof layoutPart !== 'object') return 1;
  const inner = 'rows' in layoutPart ? layoutPart.rows : layoutPart.columns;
  return inner.reduce<number>((sum, each) => sum + countPlaces(each), 0);
}
