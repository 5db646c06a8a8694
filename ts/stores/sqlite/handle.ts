/** What `node:sqlite`, `better-sqlite3` and `bun:sqlite` have in common, and how their errors differ. */

/** What is bound and read. Numbers are whole and below 2^53, or fractions of a ms. */
export type SqliteValue = string | number | null;

export interface SqliteStatement {
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
  run(...values: SqliteValue[]): unknown;
  /** Only bun:sqlite has it: there a database that is closed lives on as long as its statements. */
  finalize?(): unknown;
}

/** An open database: `DatabaseSync` of node:sqlite, `Database` of better-sqlite3 or of bun:sqlite. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** SQLITE_BUSY, in its primary result code. */
const BUSY = 5;

/** Whether another connection holds what this one wants. It may be gone the next moment. */
export function isBusy(error: unknown): boolean {
  const { code, errcode, errno } = (error ?? {}) as { code?: unknown; errcode?: unknown; errno?: unknown };
  if (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) return true;
  // node:sqlite has `errcode`, bun:sqlite `errno`; the upper bits extend the result code.
  return [errcode, errno].some((number) => typeof number === 'number' && (number & 0xff) === BUSY);
}

/** The first row; bun:sqlite says null where others say undefined. */
export function first<Row>(statement: SqliteStatement, ...values: SqliteValue[]): Row | undefined {
  return (statement.get(...values) ?? undefined) as Row | undefined;
}

/** The first value of the first row of a question that is asked once. */
export function once(database: SqliteDatabase, sql: string): unknown {
  const statement = database.prepare(sql);
  const row = first<object>(statement);
  statement.finalize?.();
  return Object.values(row ?? {})[0];
}
