import { Command } from "commander";
import { addTriageCommands } from "../../../server/cli/triage.ts";
import type { Core } from "../../../server/compose.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";

let world: TemporaryWorld;
let printed: string[];
beforeEach(async () => {
  world = await TemporaryWorld.open();
  // The commands go by the machine's clock, so the posts do too.
  world.at(Date.now() - 60_000, "posted");
  printed = [];
  await world.addDirectory({
    accounts: [
      {
        id: "rev",
        name: "R",
        role: "reviewer",
        agency: "JP-NPA",
        clearance: "S",
        topics: ["*"],
        pii: true,
        scope: "write",
        person: "p-rev",
      },
    ],
  });
  const object = (type: string, n: number): Record<string, unknown> => ({
    ...{ type, spec_version: "2.1", id: `${type}--00000000-0000-4000-8000-00000000000${n}`, name: `${type} ${n}` },
    ...{ created: "2026-04-01T00:00:00.000Z", modified: "2026-04-01T00:00:00.000Z" },
  });
  for (const n of [1, 2]) {
    world.at(world.steer.now + 1, `post ${n}`);
    await world.post("j1", { ...object("threat-actor", n) }, { label: { tlp: "GREEN" } });
  }
});
afterEach(() => world.close());

/** `tricord triage …`; the store is the test's to close. */
async function tricord(...args: string[]): Promise<string> {
  const program = new Command("tricord").exitOverride().configureOutput({ writeErr: () => undefined });
  const storage = new Proxy(world.storage, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (name === "close") return async () => undefined;
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const open = async (): Promise<Core> => ({ ...world.core, storage });
  addTriageCommands(program, open, (text) => printed.push(text));
  await program.parseAsync(["triage", ...args], { from: "user" });
  return printed.at(-1) ?? "";
}

const first = async (): Promise<{ review: string; hash: string }> => {
  const [line = ""] = (await tricord("queue", "--as", "rev")).split("\n");
  const [review = ""] = line.split("\t");
  const { hash } = JSON.parse(await tricord("show", review, "--as", "rev")) as { hash: string };
  return { review, hash };
};

test("tricord triage – queue, show, claim, needs-info, answer, accept – as accounts do it", async () => {
  expect((await tricord("queue", "--as", "rev")).split("\n").length).toBe(2);
  const { review, hash } = await first();
  expect(await tricord("claim", review, "--as", "rev")).toContain(`${review} P3 in-triage`);
  const asked = ["--reason", "date-unclear", "--words", "When?", "--hash", hash];
  expect(await tricord("needs-info", review, "--as", "rev", ...asked)).toContain("needs-info");
  const answered = await tricord("answer", review, "--as", "j1", "--words", "Then.");
  const [, again = ""] = /hash (\S+)/.exec(answered) ?? [];
  expect(await tricord("accept", review, "--as", "rev", "--reason", "verified", "--hash", again)).toContain("accepted");
  expect((await tricord("queue", "--as", "rev")).split("\n").length).toBe(1);
  expect(JSON.parse(await tricord("queue", "--as", "rev", "--state", "accepted", "--json"))).toMatchObject({
    items: [{ review, state: "accepted" }],
  });
});

test("tricord triage bulk – dry – says what would happen, and nothing does", async () => {
  const { review, hash } = await first();
  const args = ["bulk", "reject", `${review}:${hash}`, "--as", "rev", "--reason", "outdated"];
  expect(await tricord(...args, "--dry-run")).toBe(`${review}\tdone\trejected\t`);
  expect((await tricord("queue", "--as", "rev")).split("\n").length).toBe(2);
  expect(await tricord(...args)).toBe(`${review}\tdone\trejected\t`);
  expect((await tricord("queue", "--as", "rev")).split("\n").length).toBe(1);
});

test.each([
  [["queue", "--as", "nobody"], "there is no account nobody"],
  [["queue", "--as", "j1"], "account j1 may not triage"],
  [["queue", "--as", "rev", "--class", "P7"], "class"],
  [["show", "0".repeat(32), "--as", "rev"], "there is no such item"],
  [["accept", "0".repeat(32), "--as", "rev", "--hash", "h"], "--reason"],
  [["bulk", "explode", `${"0".repeat(32)}:h`, "--as", "rev", "--reason", "r"], "verb"],
  [["bulk", "accept", "no-hash", "--as", "rev", "--reason", "r"], "review:hash"],
])("tricord triage – %j – is refused with %s", async (args, words) => {
  await expect(tricord(...args)).rejects.toThrow(words);
});
