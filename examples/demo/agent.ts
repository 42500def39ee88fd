import { ACTIONS, type Action } from './actions.js';
import type { Database } from './database.js';
import { embed } from './embedding.js';
import type { ChatMessage } from './generator.js';
import { MemoryStore, type Recalled } from './memory-store.js';
import { EngineRefusal, type OpenAiClient } from './openai-client.js';
import { visible } from './plain-text.js';
import type { Style, Terminal } from './terminal.js';

const INSTRUCTIONS =
  'You are the worker of a demonstration. You look after one machine and learn how it does. ' +
  'Answer with the name of the action to perform next, and one short sentence why.';

/** How many past actions a prompt lists: each action twice. */
const MAX_DONE = ACTIONS.length * 2;
/** Longest text that is kept; longer ones say nothing more. */
const MAX_CONTENT = 400;

/** What the last cycle found. */
interface Observation {
  readonly content: string;
  /** What was remembered before and is most like it. */
  readonly similar: readonly Recalled[];
}

/** An agent: thinks what to do, does it, and remembers what it found. */
export class Agent {
  readonly #engine: OpenAiClient;
  readonly #database: Database;
  readonly #terminal: Terminal;
  #last: Observation | undefined;
  #done: string[] = [];
  #hasLocalEmbeddings = false;
  #cycle = 0;

  constructor(engine: OpenAiClient, database: Database, terminal: Terminal) {
    this.#engine = engine;
    this.#database = database;
    this.#terminal = terminal;
  }

  /** @throws NotReadyError while the engine or the database is away; the next call begins anew. */
  async runCycle(): Promise<void> {
    const memories = await MemoryStore.open(this.#database);
    const model = await this.#engine.findModel();
    const action = await this.#think(model);
    const content = (await action.perform()).slice(0, MAX_CONTENT);
    this.#say('act', content);
    const embedding = await this.#embed(model, content);
    const similar = await memories.recall(embedding);
    const id = await memories.remember({ kind: action.name, content, embedding });
    this.#say('keep', `row ${id}, ${embedding.length} dims${nearestOf(similar)}`);
    this.#last = { content, similar };
    this.#done = [...this.#done, action.name].slice(-MAX_DONE);
  }

  async #think(model: string): Promise<Action> {
    const similar = this.#last?.similar ?? [];
    this.#cycle += 1;
    this.#say('think', `#${this.#cycle} with ${similar.length} memories`);
    const reply = await this.#engine.chat(model, this.#prompt(similar));
    const action = findAction(reply);
    if (action !== undefined) {
      this.#say('reply', visible(reply.trim().replace(/\s+/g, ' '), 80));
      return action;
    }
    this.#say('reply', `names no action: ${visible(reply, 60)}`, 'yellow');
    return this.#longestUndone();
  }

  #prompt(similar: readonly Recalled[]): ChatMessage[] {
    const lines = [
      'Actions:',
      ...ACTIONS.map(({ name, purpose }) => `- ${name}: ${purpose}`),
      `Done so far, newest last: ${this.#done.join(' ') || 'nothing'}.`,
      `Found last: ${this.#last?.content ?? 'nothing'}.`,
      ...similar.map(({ kind, content }) => `Remembered from ${kind}: ${content.slice(0, 200)}`),
      'Which action is next?',
    ];
    return [
      { role: 'system', content: INSTRUCTIONS },
      { role: 'user', content: lines.join('\n') },
    ];
  }

  #longestUndone(): Action {
    const lastDone = (action: Action): number => this.#done.lastIndexOf(action.name);
    return ACTIONS.reduce((oldest, action) =>
      lastDone(action) < lastDone(oldest) ? action : oldest,
    );
  }

  async #embed(model: string, content: string): Promise<readonly number[]> {
    if (this.#hasLocalEmbeddings) return embed(content);
    try {
      return await this.#engine.embed(model, content);
    } catch (error) {
      // Only a real engine may lack embeddings; the demo's own is asked again.
      if (!(error instanceof EngineRefusal) || !this.#engine.isReal) throw error;
      this.#hasLocalEmbeddings = true;
      this.#say('note', `${error.message}: embedding locally from now on`, 'yellow');
      return embed(content);
    }
  }

  #say(step: string, text: string, style: Style = 'cyan'): void {
    this.#terminal.line(`${this.#terminal.paint(style, step.padEnd(5))} ${visible(text, 240)}`);
  }
}

function nearestOf(similar: readonly Recalled[]): string {
  const [nearest] = similar;
  if (nearest === undefined) return '';
  return `, near ${nearest.kind} ${nearest.distance.toFixed(2)}`;
}

/** The action that the reply names first. */
function findAction(reply: string): Action | undefined {
  for (const word of reply.toLowerCase().match(/[a-z]+/g) ?? []) {
    const action = ACTIONS.find(({ name }) => name === word);
    if (action !== undefined) return action;
  }
  return undefined;
}
