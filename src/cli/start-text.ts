import { isatty } from 'node:tty';
import { isLoopback, sshTo } from '../gateway/commands/endpoint.js';
import type { RunningGateway } from '../service/gateway.js';
import type { DifferentSession, RunningHost } from '../service/host.js';
import type { StartedGateway } from '../service/start-gateway.js';
import type { StartedHost } from '../service/start-host.js';
import type { StartedTriad } from '../service/start-triad.js';
import type { CliContext } from './context.js';

/** Whether Ctrl-C can stop this process; a detached one, or a service, gets none. */
function hasTerminal(): boolean {
  return [0, 1, 2].some((fd) => isatty(fd));
}

type SessionDescription = Awaited<ReturnType<RunningHost['host']['describe']>>[number];

/** What the person who started both should know: what runs, who may come, how it stops. */
export async function describeTriad(triad: StartedTriad, context: CliContext): Promise<string> {
  const { environment, home, program } = context;
  return [
    ...(await describeSessions(triad, context)),
    ...describeDoors(triad.gateway),
    ...describeProblems(triad.gateway.problems),
    `  log       ${home.log}\n`,
    `  stop      ${hasTerminal() ? 'Ctrl-C or ' : ''}\`${program} down\`: the gateway stops, the agents go on\n`,
    `            \`${program} down --session\`: the agents end, too\n`,
    warning(environment),
    nobody(triad.gateway, program),
    '\n',
  ].join('');
}

/** What the person who started a host alone should know. */
export async function describeHost(host: StartedHost, context: CliContext): Promise<string> {
  const { environment, home, program } = context;
  return [
    ...(await describeSessions(host, context)),
    `  link      ${host.socket}\n`,
    `  log       ${home.hostLog}\n`,
    `  stop      ${hasTerminal() ? 'Ctrl-C' : 'SIGTERM'}: the host stops, the agents go on; \`${program} down --session\` ends them\n`,
    `  next      \`${program} gateway\` lets people in\n`,
    warning(environment),
    '\n',
  ].join('');
}

/** What the person who started a gateway alone should know. */
export function describeGateway(
  { gateway, socket, isHostReached }: StartedGateway,
  context: CliContext,
): string {
  const { home, program } = context;
  const sessions = isHostReached
    ? `  sessions  ${gateway.sessions().join(', ')} (host at ${socket})\n`
    : `  NOTE      no host yet: \`${program} host\` starts it; it is found when it comes\n`;
  return [
    '\n',
    sessions,
    ...describeDoors(gateway),
    ...describeProblems(gateway.problems),
    `  log       ${home.log}\n`,
    `  stop      ${hasTerminal() ? 'Ctrl-C or ' : ''}\`${program} down\`: the gateway stops, host and agents go on\n`,
    nobody(gateway, program),
    '\n',
  ].join('');
}

const SLOW_CIPHERS =
  "  note      ssh2's native part is missing, so encryption costs twice the CPU: npm rebuild ssh2\n";

function describeDoors(gateway: RunningGateway): string[] {
  const { listen, hostKeys, hasNativeCiphers, endpoint } = gateway;
  const [login = 'SESSION'] = gateway.sessions();
  const reached = endpoint.addresses.filter((address) => !isLoopback(address));
  return [
    `  listens   ${listen.join(', ')}\n`,
    ...reached.map((address) => `  others    ${sshTo(address, login)}\n`),
    ...hostKeys.map(({ type, fingerprint }) => `  host key  ${type} ${fingerprint}\n`),
    ...(hasNativeCiphers ? [] : [SLOW_CIPHERS]),
  ];
}

async function describeSessions(
  { host, different }: RunningHost,
  { program }: CliContext,
): Promise<string[]> {
  const described = await host.describe();
  const sessions = described.map(describeSession).join('');
  const problems = new Set(described.flatMap((each) => each.problems));
  const limits = new Set(described.flatMap((each) => each.limits));
  return [
    `\n${sessions}`,
    ...[...limits].map((limit) => `  note      ${limit}\n`),
    ...describeProblems([...problems]),
    ...different.map((each) => describeDifference(each, program)),
  ];
}

function describeProblems(problems: readonly string[]): string[] {
  return problems.map((problem) => `  PROBLEM   ${problem}\n`);
}

function describeSession({ name, adopted, tmuxVersion, panes }: SessionDescription): string {
  const origin = adopted ? 'found running, taken over as it is' : 'new';
  const nameWidth = Math.max(...panes.map((pane) => pane.name.length));
  const stateWidth = Math.max(...panes.map((pane) => pane.state.length));
  const rows = panes.map(
    ({ name: pane, state, title }) =>
      `    ${pane.padEnd(nameWidth)}  ${state.padEnd(stateWidth)}  ${title}\n`,
  );
  return `  session   ${name} (${origin}, tmux ${tmuxVersion})\n${rows.join('')}`;
}

function describeDifference({ session, panes }: DifferentSession, program: string): string {
  const note = `${session} runs what an earlier start made, not what you asked for now`;
  const hint = `to end it and get yours: ${program} down --session, then start again`;
  return `  NOTE      ${note}; different: ${panes.join(', ')}\n            ${hint}\n`;
}

function warning({ login, isRoot }: CliContext['environment']): string {
  if (!isRoot) return `  note      whoever may type here acts as you, ${login}, on this machine\n`;
  return '  WARNING   whoever may type here acts as ROOT and owns this machine: use another user\n';
}

function nobody({ grants }: RunningGateway, program: string): string {
  if (grants.length > 0) return '';
  return `  nobody can connect yet; change that with: ${program} grant NAME --role admin --key FILE\n`;
}
