import { type Database, textOf } from './database.js';
import { reasonOf } from './demo-error.js';

/** The query whose result the state pane shows. */
export const NEWEST_SQL =
  'SELECT id, created_at, kind, content FROM agent_memory ORDER BY created_at DESC LIMIT 5';

/** `vector` is pgvector's; `real[]` serves where the extension cannot be had. */
export type EmbeddingType = 'vector' | 'real[]';

/** Older memories are forgotten; 10,000 of them are about 10 MB. */
export const MAX_MEMORIES = 10_000;

/** What `prepareTable` found or made. */
export interface PreparedTable {
  readonly embeddingType: EmbeddingType;
  /** Why there is no pgvector, where there is none. */
  readonly reason: string | undefined;
}

/** Makes `agent_memory` where it is missing. Twice is safe. */
export async function prepareTable(database: Database): Promise<PreparedTable> {
  const reason = await whyNoVector(database);
  // Without a size: engines differ in the dimensions of their embeddings.
  await database.query(
    `CREATE TABLE IF NOT EXISTS agent_memory (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT now(),
      kind text NOT NULL,
      content text NOT NULL,
      embedding ${reason === undefined ? 'vector' : 'real[]'} NOT NULL
    )`,
  );
  await database.query(
    'CREATE INDEX IF NOT EXISTS agent_memory_created_at ON agent_memory (created_at)',
  );
  return { embeddingType: (await findEmbeddingType(database)) ?? 'real[]', reason };
}

/** The type of the column as it is; `undefined` while there is no such table. */
export async function findEmbeddingType(database: Database): Promise<EmbeddingType | undefined> {
  const rows = await database.query(
    `SELECT atttypid::regtype::text AS type FROM pg_attribute
     WHERE attrelid = to_regclass('agent_memory') AND attname = 'embedding'`,
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  return textOf(row['type']) === 'real[]' ? 'real[]' : 'vector';
}

/** Deletes all but the newest `MAX_MEMORIES`. */
export async function forgetOldest(database: Database): Promise<void> {
  await database.query(
    `DELETE FROM agent_memory WHERE id <=
       (SELECT id FROM agent_memory ORDER BY id DESC OFFSET ${MAX_MEMORIES} LIMIT 1)`,
  );
}

async function whyNoVector(database: Database): Promise<string | undefined> {
  try {
    await database.query('CREATE EXTENSION IF NOT EXISTS vector');
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
