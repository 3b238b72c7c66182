import { writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { addQuarantineCommands } from "../../../server/cli/quarantine.ts";
import { addWithdrawCommand } from "../../../server/cli/withdraw.ts";
import { composeIngest } from "../../../server/compose.ts";
import { realMoments } from "../../../server/shared/moment.ts";
import { ingestPost } from "../../../server/usecases/ingest-post.ts";
import { tool } from "../../support/samples.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";

let world: TemporaryWorld;
const folder = temporaryFolder();
beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(async () => {
  await world.close();
  folder.remove();
});

const run = async (...words: string[]): Promise<string[]> => {
  const printed: string[] = [];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const { storage } = world.core;
  const kept = Object.assign(Object.create(storage) as typeof storage, { close: async () => {} });
  const open = async () => ({ ...world.core, storage: kept });
  addQuarantineCommands(program, open, (line) => printed.push(line));
  addWithdrawCommand(program, open, (line) => printed.push(line));
  for (const command of program.commands.flatMap((group) => [group, ...group.commands])) command.exitOverride();
  await program.parseAsync(words, { from: "user" });
  return printed;
};
/** By the clock that the commands have. */
const send = (objects: unknown): Promise<unknown> =>
  ingestPost(
    composeIngest(world.core),
    Buffer.from(JSON.stringify(objects)),
    { account: "u1", format: "stix", label: '{"tlp":"GREEN"}', dryRun: false },
    realMoments(),
  );
const { name: _, ...bad } = tool("from the command line");

describe("tricord quarantine and withdraw", () => {
  test("list, show, retry – a refused object – is found, shown, and sent again mended from a file", async () => {
    await send([bad]);
    const [line = ""] = await run("quarantine", "list", "--as", "u1");
    const [entry = "", , at, id, times] = line.split("\t");
    expect([at, id, times]).toEqual(["name", bad.id, "1×"]);
    expect(JSON.parse((await run("quarantine", "show", entry, "--as", "u1")).join("\n"))).toMatchObject({
      entry,
      id: bad.id,
    });
    const file = path.join(folder.folder, "mended.json");
    writeFileSync(file, JSON.stringify({ ...bad, name: "mended" }));
    const [reply = ""] = await run("quarantine", "retry", entry, "--as", "u1", "--object", `@${file}`);
    expect(JSON.parse(reply)).toMatchObject({ counts: { created: 1, rejected: 0 } });
    expect(await run("quarantine", "list", "--as", "u1")).toEqual([]);
  });

  test("drop – of one entry – leaves nothing", async () => {
    await send([{ ...bad, description: "another" }]);
    const [line = ""] = await run("quarantine", "list", "--as", "rel-US-FBI");
    expect(await run("quarantine", "drop", line.split("\t")[0] ?? "", "--as", "rel-US-FBI")).toEqual(["1 dropped"]);
    expect(await run("quarantine", "list", "--as", "u1")).toEqual([]);
  });

  test("withdraw – one's own object – says what went and who is asked; again – refused in words", async () => {
    const one = tool("to be withdrawn");
    await send([one]);
    const [line] = await run("withdraw", one.id, "--as", "u1", "--reason", "wrong");
    expect(line).toMatch(/^tool--[0-9a-f-]{36}: 1 withdrawn; [0-9a-f-]{36} to be confirmed by \d{4}-/);
    await expect(run("withdraw", one.id, "--as", "u1", "--reason", "wrong")).rejects.toThrow("it is withdrawn already");
  });

  test.each<[string, string[], string]>([
    ["an unknown account", ["quarantine", "list", "--as", "nobody"], "--as: there is no account nobody"],
    ["an account that may not post", ["quarantine", "list", "--as", "cj"], "--as: account cj may not post"],
    ["a limit that is none", ["quarantine", "list", "--as", "u1", "--limit", "0"], "limit: a whole number"],
    ["an unknown entry", ["quarantine", "show", "unknown", "--as", "u1"], "there is no such entry"],
    [
      "an object that is no JSON",
      ["quarantine", "retry", "unknown", "--as", "u1", "--object", "{"],
      "the body is not JSON",
    ],
    ["a file that is not there", ["quarantine", "retry", "x", "--as", "u1", "--object", "@/nowhere"], "can't be read"],
    ["no reason", ["withdraw", "tool--x", "--as", "u1"], "--reason"],
    ["no STIX id", ["withdraw", "tool", "--as", "u1", "--reason", "x"], "tool is no STIX id"],
    ["no date", ["withdraw", tool("x").id, "--as", "u1", "--reason", "x", "--only", "y"], "Invalid string"],
  ])("with %s – refused in words", async (_, words, message) => {
    await expect(run(...words)).rejects.toThrow(message);
  });
});
