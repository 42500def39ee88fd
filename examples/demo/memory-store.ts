import { type Database, type Row, textOf } from './database.js';
import { NotReadyError } from './demo-error.js';
import { type EmbeddingType, findEmbeddingType } from './memory-table.js';

export interface Memory {
  readonly kind: string;
  readonly content: string;
  readonly embedding: readonly number[];
}

export interface Recalled {
  readonly kind: string;
  readonly content: string;
  /** Cosine distance: 0 for the same direction, 2 for the opposite one. */
  readonly distance: number;
}

/** As many as fit a prompt without drowning it. */
const RECALL_LIMIT = 3;

const REMEMBER_SQL =
  'INSERT INTO agent_memory (kind, content, embedding) VALUES ($1, $2, $3) RETURNING id';

/** Embeddings of another size came from another engine: they cannot be compared. */
const RECALL_SQL: Readonly<Record<EmbeddingType, string>> = {
  vector: `
    SELECT kind, content, embedding <=> $1::vector AS distance FROM agent_memory
    WHERE vector_dims(embedding) = $2 ORDER BY distance LIMIT ${RECALL_LIMIT}`,
  // Without pgvector the distance is computed here, and only for the newest thousand.
  'real[]': `
    SELECT kind, content, 1 - (
      SELECT sum(a * b) / sqrt(sum(a * a) * sum(b * b))
      FROM unnest(embedding, $1::real[]) AS pair (a, b)
    ) AS distance
    FROM (SELECT * FROM agent_memory ORDER BY id DESC LIMIT 1000) AS newest
    WHERE cardinality(embedding) = $2 ORDER BY distance LIMIT ${RECALL_LIMIT}`,
};

/** What the worker knows: table `agent_memory`, searched by likeness. */
export class MemoryStore {
  readonly #database: Database;
  readonly #type: EmbeddingType;

  private constructor(database: Database, type: EmbeddingType) {
    this.#database = database;
    this.#type = type;
  }

  /** @throws NotReadyError while `state` has not made the table. */
  static async open(database: Database): Promise<MemoryStore> {
    const type = await findEmbeddingType(database);
    if (type === undefined) throw new NotReadyError('database: no table agent_memory yet');
    return new MemoryStore(database, type);
  }

  /** The memories whose embeddings are nearest, nearest first. */
  async recall(embedding: readonly number[]): Promise<Recalled[]> {
    const values = [this.#literal(embedding), embedding.length];
    const rows = await this.#database.query(RECALL_SQL[this.#type], values);
    return rows.map(recalledOf);
  }

  /** @returns the id of the new row. */
  async remember({ kind, content, embedding }: Memory): Promise<string> {
    const values = [kind, content, this.#literal(embedding)];
    const rows = await this.#database.query(REMEMBER_SQL, values);
    return textOf(rows[0]?.['id']);
  }

  #literal(embedding: readonly number[]): string {
    const list = embedding.join(',');
    return this.#type === 'vector' ? `[${list}]` : `{${list}}`;
  }
}

function recalledOf(row: Row): Recalled {
  return {
    kind: textOf(row['kind']),
    content: textOf(row['content']),
    // Rounding takes the distance of equal vectors a little below zero.
    distance: Math.max(0, Number(textOf(row['distance']))),
  };
}
