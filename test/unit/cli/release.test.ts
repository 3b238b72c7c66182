import { Command } from "commander";
import { addOrdersCommands } from "../../../server/cli/orders.ts";
import { addReleaseCommands } from "../../../server/cli/release.ts";
import { composeIngest } from "../../../server/compose.ts";
import { realMoments } from "../../../server/shared/moment.ts";
import type { AccountDoc } from "../../../server/storage/documents.ts";
import { ingestPost } from "../../../server/usecases/ingest-post.ts";
import { tool } from "../../support/samples.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";

let world: TemporaryWorld;
const second: AccountDoc = {
  ...{ id: "rel2", name: "rel2", role: "releaser", agency: "US-CISA", clearance: "S", topics: ["*"], pii: true },
  ...{ scope: "write", person: "p-rel2" },
};
beforeAll(async () => {
  world = await TemporaryWorld.open();
  await world.addDirectory({ accounts: [second] });
});
afterAll(() => world.close());

const run = async (...words: string[]): Promise<Record<string, unknown> & { text: string }> => {
  const printed: string[] = [];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const { storage } = world.core;
  const kept = Object.assign(Object.create(storage) as typeof storage, { close: async () => {} });
  const open = async () => ({ ...world.core, storage: kept });
  addReleaseCommands(program, open, (line) => printed.push(line));
  addOrdersCommands(program, open, (line) => printed.push(line));
  for (const command of program.commands.flatMap((group) => [group, ...group.commands])) command.exitOverride();
  await program.parseAsync(words, { from: "user" });
  const text = printed.join("\n");
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>), text };
  } catch {
    return { text };
  }
};
const posted = async (name: string): Promise<string> => {
  const object = tool(name);
  const ask = { account: "u3", format: "stix" as const, label: '{"tlp":"GREEN"}', dryRun: false };
  await ingestPost(composeIngest(world.core), Buffer.from(JSON.stringify([object])), ask, realMoments());
  return object.id;
};
const JAPAN = '{"agreement":"TRI","countries":["JPN"],"agencies":"*"}';
const SAYS = ["--reason", "looked at it"];

describe("tricord release", () => {
  test("object, propose, show, approve, recall – from the command line – as over HTTP", async () => {
    const id = await posted("released by command");
    const { hash } = await run("release", "object", id, "--as", "u3");
    const { text: release } = await run(
      ...["release", "propose", id, "--as", "u3", "--hash", String(hash), "--row", JAPAN, "--reason", "asked for"],
    );
    expect(release).toMatch(/^[0-9a-f-]{36}$/);
    const shown = await run("release", "show", release, "--as", "rel2");
    expect(shown).toMatchObject({ status: "proposed", gains: ["JP-JAFIC", "JP-NCO", "JP-NPA"] });
    const act = (verb: string, as: string, seen: unknown, ...more: string[]) =>
      run("release", verb, release, "--as", as, "--hash", String(seen), ...SAYS, ...more);
    await expect(act("approve", "u3", shown.hash)).rejects.toMatchObject({ code: "command.account" });
    await expect(act("approve", "rel2", "stale")).rejects.toMatchObject({ code: "release.stale" });
    await expect(act("approve", "rel2", shown.hash, "--code", "why-not")).rejects.toMatchObject({
      code: "release.reason_code",
    });
    expect(await act("approve", "rel2", shown.hash, "--code", "need-to-know")).toMatchObject({ status: "released" });
    const { releases } = await run("release", "list", "--as", "rel2", "--status", "released");
    expect((releases as { release: string }[]).map((one) => one.release)).toEqual([release]);
    const after = await run("release", "show", release, "--as", "u3");
    expect(await act("recall", "u3", after.hash)).toMatchObject({ status: "recalled", back: { by: "u3" } });
    await expect(
      run("release", "propose", id, "--as", "u3", "--hash", "x", "--row", "{", ...SAYS),
    ).rejects.toMatchObject({ code: "command.row" });
  });

  test("ask, asked – by a reader abroad – a request to the originator", async () => {
    const id = await posted("asked for by command");
    const { hash } = await run("release", "object", id, "--as", "u3");
    const { text: release } = await run(
      ...["release", "propose", id, "--as", "u3", "--hash", String(hash), "--row", JAPAN, "--reason", "asked for"],
    );
    const { hash: seen } = await run("release", "show", release, "--as", "rel2");
    await run("release", "approve", release, "--as", "rel2", "--hash", String(seen), ...SAYS);
    const row = '{"agreement":"HUB","countries":["KOR"],"agencies":["KR-NIS"],"until":"2099-01-01T00:00:00Z"}';
    const { requests } = await run("release", "ask", id, "--as", "j1", "--row", row, "--reason", "they work on it");
    const { requests: mine } = await run("release", "asked", "--as", "j1");
    expect(mine).toMatchObject([{ request: (requests as string[])[0], outcome: "waiting" }]);
  });
});

describe("tricord orders", () => {
  test("propose, sign, stop – by two persons – in force, then stopped", async () => {
    const proposed = await run(
      ...[
        "orders",
        "propose",
        "--as",
        "u3",
        "--accounts",
        "feed-US-CISA",
        "--agreements",
        "TRI,US-JP",
        "--ceiling",
        "9",
      ],
      ...["--kinds", "tool, malware", "--days", "30", "--reason", "less of it"],
    );
    expect(proposed).toMatchObject({ status: "proposed", kinds: ["tool", "malware"], agreements: ["TRI", "US-JP"] });
    const { order, hash } = proposed;
    const sign = ["orders", "sign", String(order), "--hash", String(hash), "--reason", "read it"];
    await expect(run(...sign, "--as", "u3")).rejects.toMatchObject({ code: "command.account" });
    expect(await run(...sign, "--as", "rel2")).toMatchObject({ status: "in-force", signedBy: "rel2" });
    expect(await run("orders", "stop", String(order), "--as", "u3", "--reason", "noise")).toMatchObject({
      status: "stopped",
    });
    const { orders } = await run("orders", "list", "--as", "u3");
    expect((orders as { order: string }[]).map((one) => one.order)).toContain(order);
    expect((await run("orders", "samples", "--as", "rel2")).samples).toEqual([]);
    await expect(
      run(
        ...["orders", "propose", "--as", "u3", "--accounts", "feed-US-CISA", "--agreements", "TRI"],
        ...SAYS,
        ...["--ceiling", "many"],
      ),
    ).rejects.toMatchObject({ code: "command.option" });
  });
});
