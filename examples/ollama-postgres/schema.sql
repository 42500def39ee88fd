-- What the agent remembers; the demo triad uses the same table. Twice is safe.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE IF NOT EXISTS agent_memory (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  kind text NOT NULL,
  content text NOT NULL,
  -- Without a size: each embedding model has its own.
  embedding vector NOT NULL
);

CREATE INDEX IF NOT EXISTS agent_memory_created_at ON agent_memory (created_at);
