import { resolve } from 'node:path';
import { DemoError } from './demo-error.js';

/** What the environment says to the three programs of the demo triad (its only reader). */
export interface Settings {
  /** `DEMO_STATE_DIR`: addresses and the embedded database; absolute. */
  readonly stateDir: string;
  /** `DEMO_ENGINE_PORT`: 0, the default, lets the system choose. */
  readonly enginePort: number;
  /** `DEMO_PERIOD_MS`: from the start of one cycle of the worker to the next. */
  readonly periodMs: number;
  /** `OPENAI_BASE_URL`, such as `http://127.0.0.1:11434/v1`; absent means the demo's own engine. */
  readonly openaiBaseUrl: string | undefined;
  readonly openaiApiKey: string | undefined;
  /** `OPENAI_MODEL`; absent means the first model that the engine lists. */
  readonly openaiModel: string | undefined;
  /** `DATABASE_URL`: a PostgreSQL; absent means the embedded one. */
  readonly databaseUrl: string | undefined;
  /** `XDG_RUNTIME_DIR`: where a socket goes whose path would be too long. */
  readonly runtimeDir: string | undefined;
  readonly hasColour: boolean;
}

/** sysexits(3) EX_CONFIG: a restart does not help. */
const EXIT_CONFIGURATION = 78;

/** @throws DemoError that names each setting that is wrong. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const problems: string[] = [];
  const settings = {
    stateDir: resolve(textOf(env, 'DEMO_STATE_DIR') ?? 'state/demo'),
    enginePort: integerOf(env, 'DEMO_ENGINE_PORT', { fallback: 0, min: 0, max: 65_535 }, problems),
    periodMs: integerOf(
      env,
      'DEMO_PERIOD_MS',
      { fallback: 5000, min: 50, max: 86_400_000 },
      problems,
    ),
    openaiBaseUrl: baseUrlOf(env, problems),
    openaiApiKey: textOf(env, 'OPENAI_API_KEY'),
    openaiModel: textOf(env, 'OPENAI_MODEL'),
    databaseUrl: urlOf(env, 'DATABASE_URL', ['postgres:', 'postgresql:'], problems),
    runtimeDir: textOf(env, 'XDG_RUNTIME_DIR'),
    hasColour: textOf(env, 'NO_COLOR') === undefined,
  };
  if (problems.length > 0) {
    throw new DemoError(problems.join('\n'), { exitCode: EXIT_CONFIGURATION });
  }
  return settings;
}

function textOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

interface IntegerRange {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

function integerOf(
  env: NodeJS.ProcessEnv,
  name: string,
  range: IntegerRange,
  problems: string[],
): number {
  const text = textOf(env, name);
  if (text === undefined) return range.fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  problems.push(`${name} must be a whole number from ${range.min} to ${range.max}`);
  return range.fallback;
}

/** `fetch` refuses a URL with a password, and names it in its refusal. */
function baseUrlOf(env: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const name = 'OPENAI_BASE_URL';
  const text = urlOf(env, name, ['http:', 'https:'], problems);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username === '' && url.password === '') return text;
  problems.push(`${name} must be a URL without user and password; the key is OPENAI_API_KEY`);
  return undefined;
}

/** The value is not repeated in the problem: it may carry a password. */
function urlOf(
  env: NodeJS.ProcessEnv,
  name: string,
  protocols: readonly string[],
  problems: string[],
): string | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  if (protocols.some((protocol) => text.startsWith(`${protocol}//`))) return text;
  problems.push(`${name} must begin with ${protocols.map((p) => `${p}//`).join(' or ')}`);
  return undefined;
}
