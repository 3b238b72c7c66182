import { writeFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { addStixCommands } from "../../../server/cli/stix.ts";
import { tool } from "../../support/samples.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";

const folder = temporaryFolder();
const file = (name: string, content: unknown): string => {
  const at = path.join(folder.folder, name);
  writeFileSync(at, typeof content === "string" ? content : JSON.stringify(content));
  return at;
};
let before: typeof process.exitCode;
beforeEach(() => {
  before = process.exitCode;
});
afterEach(() => {
  process.exitCode = before;
});
afterAll(() => folder.remove());

/** What a command says, line by line, and the code that it would end with. */
async function run(...words: string[]): Promise<{ said: Record<string, unknown>[]; code: unknown }> {
  const said: Record<string, unknown>[] = [];
  const program = new Command().exitOverride();
  addStixCommands(program, (line) => said.push(JSON.parse(line)));
  process.exitCode = 0;
  await program.parseAsync(["stix", ...words], { from: "user" });
  return { said, code: process.exitCode };
}

test("stix validate – a sound file and one that is not – a line each, code 2", async () => {
  const [sound, wrong, broken] = [
    file("sound.json", tool("sound")),
    file("wrong.json", { ...tool("wrong"), name: 1 }),
    file("broken.json", "{"),
  ];
  const { said, code } = await run("validate", sound, wrong, broken);
  expect(said.map((one) => [one.file, one.valid ?? (one.error as { code: string }).code])).toEqual([
    [sound, true],
    [wrong, false],
    [broken, "input.json"],
  ]);
  expect(code).toBe(2);
  expect((await run("validate", sound)).code).toBe(0);
});

test("stix pattern – one in a file, with its line end – valid with its normal form", async () => {
  const { said, code } = await run("pattern", file("one.txt", "[file:size = 2 OR file:size = 1]\n"));
  expect(said).toEqual([{ valid: true, errors: [], warnings: [], normal: "[file:size = 1 OR file:size = 2]" }]);
  expect(code).toBe(0);
});

test("stix pattern --lines – three lines of which one is none – an answer each, code 2", async () => {
  const { said, code } = await run(
    "pattern",
    "--lines",
    file("many.txt", "[file:size = 1]\n\n[oops\r\n[file:size = 2]\n"),
  );
  expect(said.map(({ pattern, valid }) => [pattern, valid])).toEqual([
    ["[file:size = 1]", true],
    ["[oops", false],
    ["[file:size = 2]", true],
  ]);
  expect(code).toBe(2);
});

test("stix pattern – two files – whether they are the same", async () => {
  const [a, b] = [file("a.txt", "[file:size = 1]"), file("b.txt", "[(file:size = 1)]")];
  expect((await run("pattern", a, b)).said).toEqual([{ equivalent: true, sameThing: true }]);
});

test("stix match – a bundle of observed data – matched, and not", async () => {
  const when = "2026-03-01T00:00:00.000Z";
  const id = "ipv4-addr--3b0b8a3e-5d6f-4c0e-8d5a-0b4c2f6e7a82";
  const observed = {
    type: "bundle",
    objects: [
      {
        ...{ type: "observed-data", id: "observed-data--3b0b8a3e-5d6f-4c0e-8d5a-0b4c2f6e7a81", object_refs: [id] },
        ...{ spec_version: "2.1", created: when, modified: when },
        ...{ first_observed: when, last_observed: when, number_observed: 1 },
      },
      { type: "ipv4-addr", spec_version: "2.1", id, value: "198.51.100.7" },
    ],
  };
  const bundle = file("observed.json", observed);
  const yes = await run("match", "--pattern", "[ipv4-addr:value = '198.51.100.7']", bundle);
  expect(yes).toEqual({ said: [{ matched: true }], code: 0 });
  const no = await run("match", "--pattern", `@${file("no.txt", "[ipv4-addr:value = '198.51.100.8']\n")}`, bundle);
  expect(no).toEqual({ said: [{ matched: false }], code: 2 });
});

test("stix id – an observable – its id", async () => {
  expect((await run("id", file("sco.json", { type: "ipv4-addr", value: "198.51.100.3" }))).said).toEqual([
    { id: "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4" },
  ]);
});

test("stix – a file that is not there, one that is no JSON – a fault in words", async () => {
  await expect(run("validate", path.join(folder.folder, "nothing.json"))).rejects.toThrow("can't be read (ENOENT)");
  await expect(run("match", "--pattern", "[a:b = 1]", file("no.json", "{"))).rejects.toThrow("is not JSON");
});
