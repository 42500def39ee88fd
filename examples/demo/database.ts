/** A row as the database gave it; nothing is known about its values. */
export type Row = Readonly<Record<string, unknown>>;

/** What the state database is to the programs, embedded or remote. */
export interface Database {
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** A value of a row as text; what is no text, number or date becomes empty. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return value instanceof Date ? value.toISOString() : '';
}
