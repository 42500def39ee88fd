import { z } from 'zod';
import {
  isName,
  NAME_RULE,
  type PaneName,
  paneName,
  type SessionName,
  sessionName,
} from '../base/ids.js';

/** tmux refuses to split a window into panes of less than a few cells long before this. */
const MAX_PANES = 32;
const MAX_SESSIONS = 32;
const MAX_TEXT = 4096;
const MAX_ARGUMENTS = 1000;

const printable = z
  .string()
  .max(MAX_TEXT)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters');
const argument = z
  .string()
  .max(128 * 1024)
  .regex(/^[^\0]*$/, 'must not contain a NUL character');

const command = z
  .union([argument.min(1), z.array(argument).min(1).max(MAX_ARGUMENTS)], {
    error: orMissing('must be a list of arguments, or a text for sh -c'),
  })
  .transform((value) => (typeof value === 'string' ? ['/bin/sh', '-c', value] : value))
  .refine((argv) => argv[0] !== '', 'the program must not be empty');

const name = z.string().refine(isName, `must be ${NAME_RULE}`);

const pane = z.strictObject({
  name: name.transform((text): PaneName => paneName(text)).describe('how verbs call the pane'),
  title: printable.optional().describe('what its border shows; the name where left out'),
  command: command.describe('a list is run as it is; a text goes to sh -c'),
  cwd: argument
    .optional()
    .describe('working directory, relative to the home; the home where left out'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'),
      z.union([argument, z.null()]),
    )
    .default({})
    .describe('variables to set; one without a value is passed on from `triad up`'),
  focus: z.boolean().default(false).describe('true for the pane that is active at first'),
});

/** What a union says of a value that fits none of its forms; all it knows by itself is that. */
function orMissing(rule: string) {
  return ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : rule);
}

/** A pane's part of its row or column: percent of it, or cells. */
const size = z.union([z.string().regex(/^([1-9]\d?|100)%$/), z.number().int().min(1).max(1000)], {
  error: 'must be a size: 1% to 100%, or 1 to 1000 cells',
});

export type LayoutSize = string | number;

/** One part of an explicit layout: the next pane with a size, or a row or column of further parts. */
export type LayoutPart =
  | LayoutSize
  | { readonly rows: readonly LayoutPart[]; readonly size?: LayoutSize | undefined }
  | { readonly columns: readonly LayoutPart[]; readonly size?: LayoutSize | undefined };

const part: z.ZodType<LayoutPart> = z.lazy(() => z.union([size, split]));
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

export type Layout = z.output<typeof layout>;

const session = z
  .strictObject({
    name: name
      .transform((text): SessionName => sessionName(text))
      .describe('also the SSH user name'),
    layout: layout.describe('a tmux layout, or rows and columns with sizes'),
    panes: z.array(pane).min(1).max(MAX_PANES),
  })
  .superRefine((value, context) => {
    rejectTwice(
      value.panes.map((each) => each.name),
      (index, text) =>
        context.addIssue({
          code: 'custom',
          path: ['panes', index, 'name'],
          message: `${text} is there twice`,
        }),
    );
    const focused = value.panes.flatMap((each, index) => (each.focus ? [index] : []));
    for (const index of focused.slice(1)) {
      context.addIssue({
        code: 'custom',
        path: ['panes', index, 'focus'],
        message: 'only one pane can have it',
      });
    }
    const places =
      typeof value.layout === 'string' ? value.panes.length : countPlaces(value.layout);
    if (places !== value.panes.length) {
      const message = `has ${places} places for ${value.panes.length} panes`;
      context.addIssue({ code: 'custom', path: ['layout'], message });
    }
  });

/** What `config/triad.yaml` says. */
export const triadSchema = z.strictObject({
  sessions: z
    .array(session)
    .min(1)
    .max(MAX_SESSIONS)
    .superRefine((sessions, context) => {
      rejectTwice(
        sessions.map((each) => each.name),
        (index, text) =>
          context.addIssue({
            code: 'custom',
            path: [index, 'name'],
            message: `${text} is there twice`,
          }),
      );
    }),
});

export type TriadConfig = z.output<typeof triadSchema>;
type SessionConfig = TriadConfig['sessions'][number];
export type PaneConfig = SessionConfig['panes'][number];

function rejectTwice(
  names: readonly string[],
  report: (index: number, name: string) => void,
): void {
  names.forEach((each, index) => {
    if (names.indexOf(each) < index) report(index, each);
  });
}

function countPlaces(layoutPart: LayoutPart): number {
  if (typeof layoutPart !== 'object') return 1;
  const inner = 'rows' in layoutPart ? layoutPart.rows : layoutPart.columns;
  return inner.reduce<number>((sum, each) => sum + countPlaces(each), 0);
}
