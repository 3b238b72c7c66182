import { manyThings, Things } from "../things.ts";
import { openAt } from "../where.ts";

/** A process of its own: writes batches of 100 documents in one transaction each, and says on standard output which it has been told are in. Arguments: where the store is as JSON, name, how many. */
const [where = "{}", name = "", batches = "0"] = process.argv.slice(2);

async function main(): Promise<void> {
  const storage = await openAt(JSON.parse(where));
  for (let batch = 0; batch < Number(batches); batch++) {
    const tag = `${name}-${batch}`;
    await storage.transaction(async (unit) => {
      const things = unit.collection(Things);
      const docs = manyThings(100, (at) => ({
        tags: [tag, `part${at}`],
        lane: tag,
        rank: at,
        terms: ["w"],
        data: new Uint8Array(500),
      }));
      for (let at = 0; at < 100; at += 20) {
        await things.insert(docs.slice(at, at + 20).map((doc) => ({ ...doc, id: `${tag}-${doc.id}` })));
      }
      const counter = await things.get("counter");
      if (counter !== undefined) await things.put({ ...counter, rank: (counter.rank ?? 0) + 1 });
    });
    process.stdout.write(`${tag}\n`);
  }
  await storage.close();
}

void main();
