"""An agent on Ollama (or vLLM) and PostgreSQL: it thinks, acts and remembers.

Needs Python 3.9 and psycopg 3, or else psql(1). The database is found as libpq finds it:
PGHOST, PGDATABASE, PGUSER, PGPASSWORD, ~/.pgpass.
"""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

try:
    import psycopg
except ImportError:
    psycopg = None

BASE_URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1").rstrip("/")
API_KEY = os.environ.get("OPENAI_API_KEY", "ollama")
MODEL = os.environ.get("OPENAI_MODEL", "llama3.2")
EMBEDDING_MODEL = os.environ.get("OPENAI_EMBEDDING_MODEL", MODEL)
PERIOD_S = float(os.environ.get("AGENT_PERIOD_S", "10"))

ANSWER_TIMEOUT_S = 120
DATABASE_TIMEOUT_S = 15
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_MEMORIES = 10_000
LONGEST_RETRY_S = 30


class NotReady(Exception):
    """The engine or the database cannot serve just now."""


def visible(text, limit):
    """Text from outside on one line, without control characters, for the terminal."""
    return "".join(c if c.isprintable() else " " for c in text[:limit])


# --- engine -----------------------------------------------------------------------------------


def ask_engine(path, body):
    request = urllib.request.Request(
        BASE_URL + path,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {API_KEY}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as response:
            return json.loads(response.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        detail = error.read(500).decode(errors="replace")
        raise NotReady(f"engine: {path} answered {error.code}: {detail}") from error
    except (OSError, ValueError) as error:
        raise NotReady(f"engine: {error}") from error


def chat(prompt):
    messages = [
        {"role": "system", "content": "You look after one machine. Answer in one short line."},
        {"role": "user", "content": prompt},
    ]
    answer = ask_engine("/chat/completions", {"model": MODEL, "messages": messages})
    try:
        return answer["choices"][0]["message"]["content"] or ""
    except (KeyError, IndexError, TypeError) as error:
        raise NotReady("engine: its answer has no text") from error


def embed(text):
    """The text as pgvector writes vectors: [0.1,0.2]."""
    answer = ask_engine("/embeddings", {"model": EMBEDDING_MODEL, "input": text})
    try:
        return "[" + ",".join(str(float(x)) for x in answer["data"][0]["embedding"]) + "]"
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise NotReady("engine: its answer has no embedding") from error


# --- database: SQL with :'name' for a value, as psql writes it -----------------------------------


def query(sql, **values):
    return query_psycopg(sql, values) if psycopg else query_psql(sql, values)


def query_psycopg(sql, values):
    try:
        with psycopg.connect(autocommit=True, connect_timeout=DATABASE_TIMEOUT_S) as connection:
            cursor = connection.execute(re.sub(r":'(\w+)'", r"%(\1)s", sql), values)
            return [[str(cell) for cell in row] for row in cursor] if cursor.description else []
    except psycopg.Error as error:
        raise NotReady(f"database: {error}") from error


def query_psql(sql, values):
    settings = [f"--set={name}={value}" for name, value in values.items()]
    command = ["psql", "-X", "--quiet", "--csv", "--tuples-only", "--set=ON_ERROR_STOP=1"]
    try:
        done = subprocess.run(
            command + settings,
            input=sql,
            text=True,
            capture_output=True,
            timeout=DATABASE_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise NotReady("database: no answer") from error
    if done.returncode != 0:
        raise NotReady(f"database: {done.stderr.strip()}")
    return list(csv.reader(io.StringIO(done.stdout)))


def recall(embedding):
    """The three memories most like the embedding; another model's embeddings do not compare."""
    return query(
        """SELECT kind, content FROM agent_memory
           WHERE vector_dims(embedding) = vector_dims(:'embedding'::vector)
           ORDER BY embedding <=> :'embedding'::vector LIMIT 3""",
        embedding=embedding,
    )


def remember(kind, content, embedding):
    query(
        """INSERT INTO agent_memory (kind, content, embedding)
           VALUES (:'kind', :'content', :'embedding'::vector)""",
        kind=kind,
        content=content,
        embedding=embedding,
    )
    query(
        f"""DELETE FROM agent_memory WHERE id <=
              (SELECT id FROM agent_memory ORDER BY id DESC OFFSET {MAX_MEMORIES} LIMIT 1)"""
    )


# --- actions: they look, and change nothing ------------------------------------------------------


def measure_load():
    return "load " + " ".join(f"{value:.2f}" for value in os.getloadavg())


def measure_ram():
    with open("/proc/meminfo", encoding="ascii") as file:
        return "ram " + "; ".join(line.strip() for line in list(file)[:3])


def measure_disk():
    usage = shutil.disk_usage(".")
    return f"disk {usage.free / 2**30:.1f} GB free of {usage.total / 2**30:.1f} GB"


ACTIONS = {
    "load": ("how busy the processors are", measure_load),
    "ram": ("how much RAM is free", measure_ram),
    "disk": ("how full the file system is", measure_disk),
}


def prompt_for(found, similar):
    choices = [f"- {name}: {purpose}" for name, (purpose, _) in ACTIONS.items()]
    remembered = [f"Remembered from {kind}: {content[:200]}" for kind, content in similar]
    return "\n".join(
        ["Choose the next action by its name, and say why.", *choices, f"Found last: {found}"]
        + remembered
    )


def choose(reply, cycle):
    """The action that the reply names first; their turn where it names none."""
    for word in re.findall(r"[a-z]+", reply.lower()):
        if word in ACTIONS:
            return word
    return list(ACTIONS)[cycle % len(ACTIONS)]


def run_cycle(cycle, found, similar):
    print(f"think #{cycle} with {len(similar)} memories", flush=True)
    reply = chat(prompt_for(found, similar))
    print(f"reply {visible(reply, 100)}", flush=True)
    kind = choose(reply, cycle)
    content = ACTIONS[kind][1]()
    print(f"act   {content}", flush=True)
    embedding = embed(content)
    similar = recall(embedding)
    remember(kind, content, embedding)
    return content, similar


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(0))
    if psycopg is None and shutil.which("psql") is None:
        sys.exit("agent.py needs psycopg (pip install 'psycopg[binary]') or psql")
    print(f"agent on {visible(MODEL, 60)}, a cycle every {PERIOD_S:g} s", flush=True)
    cycle, found, similar, delay_s = 1, "nothing", [], 1.0
    while True:
        try:
            found, similar = run_cycle(cycle, found, similar)
            cycle, delay_s = cycle + 1, 1.0
            time.sleep(PERIOD_S)
        except NotReady as error:
            print(f"waiting: {visible(str(error), 200)} (again in {delay_s:g} s)", flush=True)
            time.sleep(delay_s)
            delay_s = min(delay_s * 2, LONGEST_RETRY_S)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
