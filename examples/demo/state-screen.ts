import { type Database, textOf } from './database.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { forgetOldest, NEWEST_SQL, prepareTable } from './memory-table.js';
import { type MemoryView, renderMemories } from './memory-view.js';
import { visible } from './plain-text.js';
import type { Terminal } from './terminal.js';

const TIDY_EVERY_MS = 60_000;

/** Keeps the screen equal to the newest rows of the table, and the table within its bounds. */
export class StateScreen {
  readonly #database: Database;
  readonly #terminal: Terminal;
  readonly #where: string;
  #place: string | undefined;
  #tidiedAt = performance.now();
  #view: MemoryView | undefined;
  #shown = '';

  /** `where` says which database it is, in a word. */
  constructor(database: Database, terminal: Terminal, where: string) {
    this.#database = database;
    this.#terminal = terminal;
    this.#where = where;
    terminal.onResize(() => this.#draw());
  }

  /** Asks the database, makes the table at first, and draws what changed. */
  async refresh(): Promise<void> {
    this.#place ??= await this.#prepare();
    await this.#tidy();
    const count = await this.#database.query('SELECT count(*) AS total FROM agent_memory');
    this.#view = {
      rows: await this.#database.query(NEWEST_SQL),
      total: Number(textOf(count[0]?.['total'])),
      place: this.#place,
    };
    this.#draw();
  }

  /** After other output, or another database: the next refresh looks at everything again. */
  forget(): void {
    this.#place = undefined;
    this.#view = undefined;
    this.#shown = '';
  }

  async #prepare(): Promise<string> {
    const { embeddingType, reason } = await prepareTable(this.#database);
    const place = `${this.#where}, ${embeddingType}`;
    return reason === undefined ? place : `${place} (${visible(reason, 80)})`;
  }

  async #tidy(): Promise<void> {
    if (performance.now() - this.#tidiedAt < TIDY_EVERY_MS) return;
    await forgetOldest(this.#database);
    if (this.#database instanceof EmbeddedDatabase) await this.#database.compact();
    this.#tidiedAt = performance.now();
  }

  #draw(): void {
    if (this.#view === undefined) return;
    const lines = renderMemories(this.#view, this.#terminal.size);
    const text = lines.join('\n');
    if (text === this.#shown) return;
    this.#shown = text;
    this.#terminal.show(lines);
  }
}
