import { basename, resolve } from 'node:path';
import { sessionName } from '../../base/ids.js';
import { type PaneConfig, type TriadConfig, triadSchema } from './schema.js';
import type { PanePlan, PaneProgram, SessionPlan } from './session-plan.js';

/** The session that `triad up -- CMD` makes. */
const COMMAND_SESSION = sessionName('pair');

export interface PlanHome {
  /** The folder that relative working directories start from. */
  readonly root: string;
  /** The environment of `triad up`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The plans that `config/triad.yaml` asks for, with every path and every variable filled in. */
export function planSessions(config: TriadConfig, home: PlanHome): SessionPlan[] {
  return config.sessions.map(({ name, layout, size, panes, rules, webhookHosts }) => ({
    name,
    layout,
    size,
    panes: panes.map((pane) => planPane(pane, program(pane, home))),
    rules: { rules, webhookHosts },
  }));
}

function planPane(config: PaneConfig, program: PaneProgram): PanePlan {
  const { restart, backoff, resetAfter, crashLimit, stop } = config;
  return {
    ...{ name: config.name, hasFocus: config.focus, program },
    policy: { restart, backoff, resetAfterMs: resetAfter, crashLimit, stop },
    dependsOn: config.dependsOn,
    health: { ready: config.ready, live: config.live, input: config.needsInput },
    logFile: config.logFile,
    keptBytes: config.keepOutput,
    historyLines: config.history,
    mayReach: config.mayReach,
  };
}

/**
 * The plan of `triad up -- CMD`: the command in a single pane, with the directory and environment
 * it was given from.
 */
export function planCommand(argv: readonly string[], home: PlanHome): SessionPlan {
  const [file = ''] = argv;
  const name = basename(file)
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '')
    .slice(0, 64);
  const foreign = /^(TMUX|TMUX_PANE|TERM|COLUMNS|LINES|PWD|OLDPWD|SHLVL|_)$/;
  const env = Object.fromEntries(
    Object.entries(home.variables).filter(([each]) => !foreign.test(each)),
  );
  const title = name === '' ? 'command' : name;
  const config = { name: COMMAND_SESSION, panes: [{ name: title, command: [...argv] }] };
  const [session] = triadSchema.parse({ sessions: [config] }).sessions;
  const program = { title, argv, cwd: home.root, env: { ...TERMINAL_ENV, ...env } };
  const panes = (session?.panes ?? []).map((pane) => planPane({ ...pane, focus: true }, program));
  return {
    ...{ name: COMMAND_SESSION, layout: 'tiled', size: { follow: 'typist' }, panes },
    rules: { rules: [], webhookHosts: [] },
  };
}

/** 24-bit colour passes whole; tmux's own TERM does not say so, and programs ask this variable (termstandard/colors). */
const TERMINAL_ENV = { COLORTERM: 'truecolor' };

function program(pane: PaneConfig, { root, variables }: PlanHome): PaneProgram {
  const env: Record<string, string> = { ...TERMINAL_ENV };
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
