import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { anchorsIn, exportAnchors } from "../../../server/anchor-files.ts";
import { anchorFilesOnce } from "../../../server/jobs/anchor-files-job.ts";
import { anchorOnce } from "../../../server/jobs/anchor-job.ts";
import { makeLog } from "../../../server/shared/log.ts";
import { Anchors } from "../../../server/storage/collections.ts";
import { type Anchor, publicKeyOf, signAnchor } from "../../../server/usecases/anchor-text.ts";
import { type AuditProof, auditProofs, checkProof } from "../../../server/usecases/audit-proof.ts";
import { AnchorChain } from "../../../server/usecases/verify-store/check-anchors.ts";
import { HeldReceipt } from "../../../server/usecases/verify-store/held-elsewhere.ts";
import { row, TRI, tool } from "../../support/samples.ts";
import { START } from "../../support/steering.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";
import { type Reply, TemporaryWorld } from "../../support/temporary-world.ts";

jest.setTimeout(120_000);

let world: TemporaryWorld;
let second = 0;
let receipt: HeldReceipt;
let release = "";
const folder = temporaryFolder();

const later = (seconds = 20): void => {
  second += seconds;
  world.at(START + second * 1000, `step/${second}`);
};
const must = (reply: Reply): Reply => {
  expect([reply.status < 300, reply.json]).toEqual([true, expect.anything()]);
  return reply;
};
const anchor = (): Promise<readonly Anchor[]> => {
  later();
  return anchorOnce(world.core, world.steer.moments);
};
const codes = (proof: AuditProof, more: Partial<Parameters<typeof checkProof>[1]> = {}): string[] =>
  checkProof(proof, { keys: [publicKeyOf(world.core.keys.anchor)], ...more }).map(({ code }) => code);
const proofOf = async (about: string): Promise<AuditProof> => {
  const [one] = await auditProofs(world.storage, about);
  if (one === undefined) throw new Error(`no proof about ${about}`);
  return one;
};

beforeAll(async () => {
  world = await TemporaryWorld.open();
  later();
  await world.post("feed-US-CISA", tool("another's"), { label: { tlp: "GREEN", releases: [TRI] } });
  later();
  const object = tool("told");
  const posted = await world.post("u1", object, { label: { tlp: "GREEN", releases: [row("TRI", ["JPN"])] } });
  receipt = HeldReceipt.parse(must(posted).json);
  later();
  release = await world.propose("u1", object.id, row("TRI", ["JPN"]));
  later();
  await world.decide("rel-US-FBI", release);
  later();
  const shown = await world.ask("rel-US-FBI", { method: "GET", path: `/api/v1/releases/${release}` });
  later();
  must(
    await world.ask("rel-US-FBI", {
      method: "POST",
      path: `/api/v1/releases/${release}/recall`,
      body: { code: "mistake", reason: "for the test", hash: (shown.json as { hash?: string }).hash },
    }),
  );
});
afterAll(async () => {
  folder.remove();
  await world.close();
});

test("a proof – of a post, a release and its recall – holds by the public key, the anchors that a country holds and the receipt", async () => {
  await expect(auditProofs(world.storage, receipt.receipt)).rejects.toMatchObject({ code: "audit.not_anchored" });
  const held = await anchor();
  const posted = await proofOf(receipt.receipt);
  expect(codes(posted, { held, receipt })).toEqual([]);
  expect(posted.rows[0]).toMatchObject({ what: "batch.applied", actor: "u1" });
  const steps = await auditProofs(world.storage, release);
  expect(steps.map(({ rows }) => rows[0]?.what)).toEqual(["release.proposed", "release.released", "release.recalled"]);
  expect(steps.flatMap((one) => codes(one, { held }))).toEqual([]);
  await expect(auditProofs(world.storage, "nothing")).rejects.toMatchObject({ code: "audit.no_row" });
});

test("a proof – edited, shortened, of another receipt, or with an anchor that is not held or signed with another key – does not hold", async () => {
  const held = (await anchorsOf()) as readonly Anchor[];
  const proof = await proofOf(receipt.receipt);
  const [first, ...rest] = proof.rows;
  if (first === undefined) throw new Error("no row");
  const foreign = signAnchor(new Uint8Array(32).fill(7), proof.anchor);
  expect({
    edited: codes({ ...proof, rows: [{ ...first, at: first.at + 1 }, ...rest] }),
    shortened: codes({ ...proof, rows: [first, ...rest.slice(0, -1)] }),
    gap: codes({ ...proof, rows: [first, ...rest.slice(1)] }),
    otherReceipt: codes(proof, { receipt: { ...receipt, results: [] } }),
    otherRow: codes({ ...proof, rows: rest }, { receipt }),
    notHeld: codes(proof, { held: held.slice(1) }),
    foreign: codes({ ...proof, anchor: foreign }),
    foreignHeld: codes({ ...proof, anchor: foreign }, { held }),
    otherKey: checkProof(proof, { keys: [publicKeyOf(new Uint8Array(32))] }).map(({ code }) => code),
  }).toEqual({
    edited: ["verify.chain_digest"],
    shortened: ["verify.anchored"],
    gap: ["verify.chain_missing"],
    otherReceipt: ["verify.receipt_held"],
    otherRow: ["verify.receipt_held"],
    notHeld: ["verify.anchor_held"],
    foreign: ["verify.anchor_signature"],
    foreignHeld: ["verify.anchor_signature", "verify.anchor_held"],
    otherKey: ["verify.anchor_signature"],
  });
});

async function anchorsOf(): Promise<Anchor[]> {
  const found = await world.storage.collection(Anchors).all({ limit: 1000 });
  return found.map(({ id: _, rev: __, ...one }) => one);
}
async function more(): Promise<void> {
  later();
  must(await world.post("feed-US-CISA", tool(`more ${second}`), { label: { tlp: "GREEN", releases: [TRI] } }));
  await anchor();
}

test("files of anchors – hour after hour into two countries' folders – are one chain; one that is missing is noticed, and nothing is written behind it", async () => {
  const [jpn, kor] = [join(folder.folder, "jpn"), join(folder.folder, "kor")];
  const log = makeLog("silent");
  const once = (): Promise<Record<string, readonly string[]>> =>
    anchorFilesOnce(world.storage, [jpn, kor], world.steer.moments, log);
  const names: string[] = [];
  for (let i = 0; i < 3; i++) {
    await more();
    const written = await once();
    expect(Object.keys(written)).toEqual([jpn, kor]);
    names.push(...(written[jpn] ?? []));
    await more();
    expect(await once()).toEqual({});
    later(3600);
  }
  expect(names.map((name) => name.replaceAll(/0+(?=\d)/g, ""))).toEqual([
    "anchors-1-2.jsonl",
    "anchors-3-4.jsonl",
    "anchors-5-6.jsonl",
  ]);
  expect(readdirSync(kor)).toEqual(names);
  const key = publicKeyOf(world.core.keys.anchor);
  const looked = async (): Promise<string[]> => {
    const chain = new AnchorChain([key]);
    return (await anchorsIn([jpn])).flatMap((one) => chain.look(one).map(({ code, message }) => `${code} ${message}`));
  };
  expect(await looked()).toEqual([]);
  expect((await anchorsIn([jpn])).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);

  await more();
  const [first = "", middle = ""] = names;
  mkdirSync(join(folder.folder, "away"));
  renameSync(join(jpn, middle), join(folder.folder, "away", middle));
  expect(await looked()).toEqual(["verify.chain_missing number 3"]);
  await expect(exportAnchors(world.storage, jpn)).rejects.toMatchObject({ code: "audit.anchor_files" });
  later(3600);
  expect(Object.keys(await once())).toEqual([kor]);
  renameSync(join(folder.folder, "away", middle), join(jpn, middle));
  writeFileSync(join(jpn, middle), readFileSync(join(jpn, first)));
  expect(await looked()).toEqual(["verify.chain_missing number 3", "verify.chain_missing number 3"]);
});

test("a store that has not got what was exported before – put back to an earlier day – writes nothing more, and says so", async () => {
  const kor = join(folder.folder, "kor");
  const before = readdirSync(kor);
  const last = (await anchorsOf()).length;
  await world.storage.collection(Anchors).remove([String(last).padStart(12, "0")]);
  await expect(exportAnchors(world.storage, kor)).rejects.toMatchObject({
    code: "audit.anchor_held",
    message: `${kor}: anchor ${last} is not in the store, or is another`,
  });
  expect(readdirSync(kor)).toEqual(before);
});
