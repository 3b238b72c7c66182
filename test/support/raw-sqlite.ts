import Database from "better-sqlite3";

/** The embedded store's files past the store: for faults that are planted in them. The only place in the tests that knows the driver. */
export type RawSqlite = Database.Database;

export const openRawSqlite = (file: string, options: Database.Options = {}): RawSqlite => new Database(file, options);
