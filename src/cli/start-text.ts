import type { RunningTriad } from '../service/triad.js';
import type { Place } from './place.js';

type SessionDescription = Awaited<ReturnType<RunningTriad['describe']>>[number];

/** What the person who started it should know: what runs, who may come, how it stops. */
export async function describeStart(triad: RunningTriad, place: Place): Promise<string> {
  const { environment, home } = place;
  const { program } = environment;
  const sessions = (await triad.describe()).map(describeSession).join('');
  const hostKeys = triad.hostKeys.map(
    ({ type, fingerprint }) => `  host key  ${type} ${fingerprint}\n`,
  );
  return [
    `\n${sessions}`,
    ...triad.different.map((different) => describeDifference(different, program)),
    `  listens   ${triad.listen.join(', ')}\n`,
    ...hostKeys,
    `  log       ${home.log}\n`,
    `  stop      Ctrl-C or \`${program} down\`: the gateway stops, the agents go on\n`,
    `            \`${program} down --session\`: the agents end, too\n`,
    warning(environment),
    triad.grants.length === 0 ? nobody(program) : '',
    '\n',
  ].join('');
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

function describeDifference(
  { session, panes }: RunningTriad['different'][number],
  program: string,
): string {
  return [
    `  NOTE      ${session} runs what an earlier start made, not what you asked for now; different: ${panes.join(', ')}\n`,
    `            to end it and get yours: ${program} down --session, then start again\n`,
  ].join('');
}

function warning({ login, isRoot }: Place['environment']): string {
  if (!isRoot) return `  note      whoever may type here acts as you, ${login}, on this machine\n`;
  return '  WARNING   whoever may type here acts as ROOT and owns this machine: use another user\n';
}

function nobody(program: string): string {
  return `  nobody can connect yet; change that with: ${program} grant NAME --role admin --key FILE\n`;
}
