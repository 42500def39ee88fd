SELECT id, to_char(created_at, 'HH24:MI:SS') AS created_at, kind, left(content, 160) AS content
FROM agent_memory ORDER BY agent_memory.created_at DESC LIMIT 5;
