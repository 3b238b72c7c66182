import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mongo } from "mongoose";
import { onDatabase } from "./mongo-database.ts";
import type { OwnStore } from "./temporary-store.ts";

/** Everything that a store has on its disk, as whoever took it away would have it: the embedded one's files with their write-ahead logs, or every document and index key of a database. */
export async function rawStore({ settings, folder }: Pick<OwnStore, "settings" | "folder">): Promise<Buffer> {
  if (!("MONGODB_URI" in settings)) {
    const files = ["content.sqlite", "log.sqlite"].flatMap((name) => [name, `${name}-wal`]);
    return Buffer.concat(
      files.map((name) => join(folder, name)).flatMap((file) => (existsSync(file) ? [readFileSync(file)] : [])),
    );
  }
  return onDatabase(settings.MONGODB_URI, async (database) => {
    const docs: Uint8Array[] = [];
    for (const { name } of await database.listCollections({}, { nameOnly: true }).toArray())
      for await (const doc of database.collection(name).find({})) docs.push(mongo.BSON.serialize(doc));
    return Buffer.concat(docs);
  });
}

/** Which of these texts are in it, as they are, or as JSON would write them. */
export const textsIn = (raw: Buffer, texts: Readonly<Record<string, string>>): string[] =>
  Object.entries(texts).flatMap(([what, text]) =>
    raw.includes(text) || raw.includes(JSON.stringify(text).slice(1, -1)) ? [what] : [],
  );
