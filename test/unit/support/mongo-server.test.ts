import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { onDatabase, ownDatabase, withDatabase } from "../../support/mongo-database.ts";
import { mongoUri } from "../../support/mongo-server.ts";
import { withMongo } from "../../support/with-mongo.ts";

test("an address – given another database – keeps its hosts and options, and who signs in is still known where they were", () => {
  const cases: [string, string][] = [
    ["mongodb://a:1", "mongodb://a:1/db"],
    ["mongodb://a:1,b:2/?replicaSet=rs", "mongodb://a:1,b:2/db?replicaSet=rs"],
    ["mongodb://a:1/x?replicaSet=rs", "mongodb://a:1/db?replicaSet=rs"],
    ["mongodb://u:p@a:1/x?tls=true", "mongodb://u:p@a:1/db?tls=true&authSource=x"],
    ["mongodb://u:p@a:1", "mongodb://u:p@a:1/db?authSource=admin"],
    ["mongodb://u:p@a:1/x?authSource=y", "mongodb://u:p@a:1/db?authSource=y"],
    ["mongodb+srv://a.example/x", "mongodb+srv://a.example/db"],
  ];
  expect(cases.map(([uri]) => withDatabase(uri, "db"))).toEqual(cases.map(([, wanted]) => wanted));
  expect(() => withDatabase("postgres://a/x", "db")).toThrow("not the address");
});

withMongo("the server of the tests", () => {
  test("two databases on it – written to, one dropped – the other is as it was, and the server is a replica set", async () => {
    const [one, two] = [await ownDatabase(), await ownDatabase()];
    for (const { uri } of [one, two])
      await onDatabase(uri, (database) => database.collection("things").insertOne({ n: 1 }));
    await one.drop();
    const counts = [one, two].map(({ uri }) =>
      onDatabase(uri, (database) => database.collection("things").countDocuments()),
    );
    expect(await Promise.all(counts)).toEqual([0, 1]);
    await two.drop();
    const hello = await onDatabase(await mongoUri(), (database) => database.admin().command({ hello: 1 }));
    expect(hello).toMatchObject({ isWritablePrimary: true, setName: expect.any(String) });
  });

  // One that we start: a server that was given is nobody's to end.
  const starts = (process.env.MONGODB_URI ?? "") === "" ? test : test.skip;
  starts("a run that is killed – with its server up – takes the server and its folder along", async () => {
    const run = mkdtempSync(join(tmpdir(), "tricord-run-"));
    const script = `const { mongoUri } = require(${JSON.stringify(resolve("test/support/mongo-server.ts"))});
      mongoUri().then(() => process.kill(process.pid, "SIGKILL"));`;
    const { TRICORD_TEST_PID: _, ...held } = process.env;
    const env = { ...held, TRICORD_TEST_RUN: run, JEST_WORKER_ID: "7" };
    const typescript = resolve("test/support/run-typescript.cjs");
    await new Promise((ended) => execFile(process.execPath, ["-r", typescript, "-e", script], { env }, ended));
    const { keeper, uri } = JSON.parse(readFileSync(join(run, "mongo-7.json"), "utf8"));
    for (const last = Date.now() + 10_000; isAlive(keeper) && Date.now() < last; ) await pause(50);
    expect(isAlive(keeper)).toBe(false);
    const port = Number(new URL(uri.replace("mongodb:", "http:")).port);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
    rmSync(run, { recursive: true, force: true });
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
