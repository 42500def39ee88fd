import { basename, resolve } from 'node:path';
import { paneName, sessionName } from '../base/ids.js';
import type { PaneConfig, TriadConfig } from '../triad/schema.js';
import type { SessionPlan } from '../triad/session-plan.js';

/** The session that `triad up -- CMD` makes. */
const COMMAND_SESSION = sessionName('pair');

export interface PlanPlace {
  /** What relative working directories are relative to. */
  readonly root: string;
  /** The environment of `triad up`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** `config/triad.yaml` with every path and every variable filled in. */
export function planSessions(config: TriadConfig, place: PlanPlace): SessionPlan[] {
  return config.sessions.map(({ name, layout, panes }) => ({
    name,
    layout,
    panes: panes.map((pane) => ({
      name: pane.name,
      hasFocus: pane.focus,
      program: program(pane, place),
    })),
  }));
}

/** One command of somebody's in a single pane, in the directory and environment they gave it from. */
export function planCommand(argv: readonly string[], place: PlanPlace): SessionPlan {
  const [file = ''] = argv;
  const name = basename(file)
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '')
    .slice(0, 64);
  const foreign = /^(TMUX|TMUX_PANE|TERM|COLUMNS|LINES|PWD|OLDPWD|SHLVL|_)$/;
  const env = Object.fromEntries(
    Object.entries(place.variables).filter(([each]) => !foreign.test(each)),
  );
  const pane = {
    name: paneName(name === '' ? 'command' : name),
    hasFocus: true,
    program: { title: name === '' ? 'command' : name, argv, cwd: place.root, env },
  };
  return { name: COMMAND_SESSION, layout: 'tiled', panes: [pane] };
}

function program(pane: PaneConfig, { root, variables }: PlanPlace) {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(pane.env)) {
    const passed = value ?? variables[name];
    if (passed !== undefined) env[name] = passed;
  }
  return {
    title: pane.title ?? pane.name,
    argv: pane.command,
    cwd: resolve(root, pane.cwd ?? '.'),
    env,
  };
}
