import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatInstant } from "../../server/shared/instant.ts";
import { Audit } from "../../server/storage/collections.ts";
import { demonstrationGroup } from "../support/demonstration.ts";
import { command, dataFolder, endAll, openStoreOf } from "../support/real-server.ts";
import { TRI, tool } from "../support/samples.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";

jest.setTimeout(300_000);
afterAll(endAll);

const folder = dataFolder();
const tricord = (...args: string[]) => command(args, { folder });
const object = tool("told");
let receipt = "";
let read = 0;

beforeAll(async () => {
  const settings = { DATA_DIR: folder };
  const world = await TemporaryWorld.open({ over: { folder, settings, remove: async () => undefined } });
  await world.addDirectory(await demonstrationGroup());
  for (const [n, one] of [tool("before"), object].entries()) {
    world.at(world.steer.now + 60_000, `post ${n}`);
    const reply = await world.post("feed-US-CISA", one, { label: { tlp: "GREEN", releases: [TRI] } });
    receipt = reply.body.toString();
  }
  world.at(world.steer.now + 60_000, "read");
  read = world.steer.now;
  expect((await world.ask("j1", { method: "GET", path: "/api/v1/objects" })).status).toBe(200);
  await world.close();
});

const fileOf = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

test("tricord audit – key, export, check, verify with what others hold – a sound store; then a tail cut off is found", async () => {
  const key = (await tricord("audit", "key")).stdout.trim();
  expect(Buffer.from(key, "base64url").length).toBe(32);
  expect((await tricord("audit", "key", "--pem")).stdout).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  const exported = await tricord("audit", "anchors", "export");
  expect(
    exported.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([expect.objectContaining({ n: 1, prev: "", key })]);
  expect((await tricord("audit", "anchors", "export", "--after", "1")).stdout).toBe("");
  const anchors = fileOf("anchors.jsonl", exported.stdout);
  const checked = await tricord("audit", "anchors", "check", anchors, "--key", key);
  expect([checked.code, checked.stdout]).toEqual([0, ""]);
  expect(checked.stderr).toMatch(/^1 anchors, 1 to 1, until .*: 0 findings\n$/);
  const made = await tricord("audit", "anchors", "export", "--into", join(folder, "jpn"));
  expect(made.stderr).toMatch(/jpn: anchors-000000000001-000000000001\.jsonl\n$/);
  const proof = await tricord("audit", "proof", "make", (JSON.parse(receipt) as { receipt: string }).receipt);
  const file = fileOf("proof.jsonl", proof.stdout);
  // Who checks has the public key, the proof, the anchors and the receipt, and no store.
  const by = ["--key", key, "--anchors", join(folder, "jpn"), "--receipt", fileOf("own.json", receipt)];
  const proven = await command(["audit", "proof", "check", file, ...by], { folder: dataFolder() });
  expect([proven.code, proven.stdout]).toEqual([0, ""]);
  expect(proven.stderr).toMatch(/^batch\.applied by feed-US-CISA at .*: anchor 1 of .*\n0 findings\n$/);
  const held = ["--anchors", anchors, "--receipt", fileOf("receipt.json", receipt)];
  const sound = await tricord("audit", "verify", ...held);
  expect([sound.code, sound.stdout]).toEqual([0, ""]);
  expect(sound.stderr).toMatch(/^the receipt: stream [0-9a-f]{24}, number 2, digest [\w-]{43}; anchor 1 of /);

  const store = await openStoreOf(folder);
  const rows = store.collection(Audit);
  const tail = (await rows.all({ limit: 100 })).sort((a, b) => a.n - b.n).at(-1);
  await rows.remove([tail?.id ?? ""]);
  await store.close();
  const spoilt = await tricord("audit", "verify", "--json", ...held);
  expect(spoilt.code).toBe(3);
  const codes = spoilt.stdout
    .trim()
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line).code);
  expect([...new Set(codes)].sort()).toEqual(["verify.anchored", "verify.chain_end", "verify.receipt_held"]);
});

test("tricord policy replay – of a reader at the instant it read – the gate, what it was decided by, and that it was shown it", async () => {
  const asked = ["--account", "j1", "--object", object.id, "--at", formatInstant(read)];
  const { code, stdout } = await tricord("policy", "replay", ...asked);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({
      ...{ account: "j1", agency: "JP-NPA", revision: 1 },
      posts: [expect.objectContaining({ originator: "US-CISA", verdict: "full", because: "release" })],
      delivered: { first: formatInstant(read), last: formatInstant(read) },
    }),
  ]);
  expect((await tricord("policy", "replay", ...asked.slice(0, 4), "--at", "yesterday")).code).toBe(1);
});
