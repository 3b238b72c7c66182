import type { EditReply, FateReply } from "../../schemas/api/mine.ts";
import type { QueuePage, ReviewReply } from "../../schemas/api/triage.ts";
import { Audit, Disclosures } from "../../server/storage/collections.ts";
import type { AuditDoc } from "../../server/storage/documents.ts";
import { verifyChain } from "../../server/usecases/audit-chain.ts";
import { CursorPoller, DatePoller, type Item, manifests, taxii } from "../support/pollers.ts";
import { endAll, openStoreOf, RealServer } from "../support/real-server.ts";
import { bundle, indicator, row, sampleUuid, tool } from "../support/samples.ts";
import type { Reply } from "../support/send.ts";

/**
 * A day in the life, over HTTP alone: a feed posts, an analyst adds a report, a reviewer accepts, a releaser approves for Japan, Japan's feeds have it and Korea's
 * have not, the label is narrowed, Japan has a recall and Korea never sees a new date.
 */
jest.setTimeout(600_000);
afterAll(endAll);

const FEED = "feed-US-CISA";
const ANALYST = "u3";
const REVIEWER = "u4";
const RELEASER = "rel-US-CISA";
/** Comes back with `added_after`. */
const JAPAN = "feed-JP-NPA";
/** Goes on with `next`. */
const JAPAN_TOO = "feed-JP-NCO";
/** Polls before the release and not again before the narrowing: it never had what was released. */
const JAPAN_ASLEEP = "j1";
/** Reads, but never polls. */
const JAPAN_NEVER = "feed-JP-JAFIC";
const KOREA = ["feed-KR-NIS", "f3", "k1"] as const;

const HOME = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
const TO_JAPAN = row("TRI", ["JPN"]);
const BEACON = indicator("day: beacon", "[domain-name:value = 'beacon.day-in-the-life.example']");
const LOADER = tool("day: loader", { description: "second stage" });
const USES = {
  ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid("day: uses")}` },
  ...{ created: BEACON.created, modified: BEACON.modified, relationship_type: "indicates" },
  ...{ source_ref: BEACON.id, target_ref: LOADER.id },
};
const REPORT = {
  ...{ type: "report", spec_version: "2.1", id: `report--${sampleUuid("day: report")}` },
  ...{ created: BEACON.created, modified: BEACON.modified, published: BEACON.created },
  ...{ name: "Beacon of the day", description: "a loader of quailfeather", object_refs: [BEACON.id, LOADER.id] },
};

let server: RealServer;
let morning = 0;
const polled = {
  originals: new DatePoller(JAPAN, "originals"),
  consolidated: new DatePoller(JAPAN, "consolidated"),
  recalls: new DatePoller(JAPAN, "recalls"),
};
const byCursor = {
  originals: new CursorPoller(JAPAN_TOO, "originals"),
  consolidated: new CursorPoller(JAPAN_TOO, "consolidated"),
};
let korea: readonly Record<string, string>[] = [];
const ofKorea = (): Promise<Record<string, string>[]> =>
  Promise.all(KOREA.map((as) => manifests(server, as) as Promise<Record<string, string>>));
/** After every step: whole manifests of Korea's accounts, with the dates of their pages. */
const koreaSawNothing = async (): Promise<void> => expect(await ofKorea()).toEqual(korea);

const named = (items: readonly Item[]): string[] => items.map(({ id }) => id).filter((id) => !/^marking-/.test(id));
const matching = (wanted: string | RegExp): unknown => expect.stringMatching(wanted);
const found = (items: readonly Item[], id: string): Item | undefined => items.find((item) => item.id === id);
const told = ({ status, body, text }: Reply): unknown => [status, status < 300 ? "" : (body.error?.code ?? text)];
async function done<T>(asked: Promise<Reply>, wanted = 200): Promise<T> {
  const reply = await asked;
  expect(told(reply)).toEqual([wanted, ""]);
  return reply.body as T;
}
const read = <T>(path: string, as: string): Promise<T> => done<T>(server.get(path, as));
/** The one post of an account's agency of an object, as its list names it. */
async function postOf(as: string, id: string): Promise<string> {
  const [only, ...more] = (await server.mine(as)).filter((post) => post.id === id);
  if (only?.post === undefined || more.length > 0) throw new Error(`${as} has ${more.length} more posts of ${id}`);
  return only.post;
}
async function release(object: string, proposer: string, approver: string): Promise<void> {
  const { hash } = await read<{ hash: string }>(`/api/v1/objects/${object}`, proposer);
  const proposal = { row: TO_JAPAN, reason: "Japan asked for it", hash };
  const { release: id } = await done<{ release: string }>(
    server.post(`/api/v1/objects/${object}/releases`, proposer, proposal),
    202,
  );
  await koreaSawNothing();
  const shown = await read<{ hash: string; gains: string[] }>(`/api/v1/releases/${id}`, approver);
  expect(shown.gains).toEqual(["JP-JAFIC", "JP-NCO", "JP-NPA"]);
  const stale = await server.post(`/api/v1/releases/${id}/approve`, approver, { reason: "looked at it", hash });
  expect(told(stale)).toEqual([409, "release.stale"]);
  const decided = server.post(`/api/v1/releases/${id}/approve`, approver, { reason: "looked at it", hash: shown.hash });
  expect(await done<object>(decided)).toMatchObject({ status: "released", decidedBy: approver });
}

async function restart(): Promise<void> {
  const { folder } = server;
  expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
  server = await RealServer.start({ folder });
}

describe("a day in the life", () => {
  beforeAll(async () => {
    server = await RealServer.start();
    morning = Date.now();
    korea = await ofKorea();
  });

  test("in the morning – each feed polls what is there – Korea's manifests are the same bytes when they are asked again", async () => {
    const [first, second] = [await polled.originals.poll(server), await byCursor.originals.poll(server)];
    expect(named(first).length).toBeGreaterThan(20);
    expect(named(second).length).toBeGreaterThan(20);
    await polled.consolidated.poll(server);
    await byCursor.consolidated.poll(server);
    expect(await polled.recalls.poll(server)).toEqual([]);
    expect((await taxii(server, JAPAN_ASLEEP, "collections/originals/objects/")).status).toBe(200);
    for (const texts of korea) expect(texts.originals?.length).toBeGreaterThan(1000);
    await koreaSawNothing();
  });

  test("a feed – posts an envelope over TAXII – complete, and it reads it back at once, equal in value", async () => {
    const envelope = { objects: [BEACON, LOADER, USES] };
    const posted = await taxii(server, FEED, "collections/originals/objects/", {
      ...{ method: "POST", body: envelope, label: HOME },
    });
    expect(posted.status).toBe(202);
    expect(posted.json).toMatchObject({ status: "complete", total_count: 3, success_count: 3, failure_count: 0 });
    for (const object of envelope.objects) {
      const { json } = await taxii(server, FEED, `collections/originals/objects/${object.id}/`);
      expect(json.objects).toEqual([object]);
    }
    expect((await taxii(server, FEED, `status/${String(posted.json.id)}/`)).json).toEqual(posted.json);
    await koreaSawNothing();
  });

  test("an analyst – adds a report over REST – and reads it at once over both doors; abroad it is not there", async () => {
    const sent = await done<{ counts: object }>(server.ingest(ANALYST, bundle(REPORT), HOME));
    expect(sent.counts).toMatchObject({ created: 1, rejected: 0 });
    const originals = await server.objects(ANALYST, { view: "originals", type: "report", text: "quailfeather" });
    expect(originals).toEqual([REPORT]);
    const { object } = await read<{ object: Item }>(`/api/v1/objects/${REPORT.id}`, ANALYST);
    expect(object).toMatchObject({ name: REPORT.name, object_refs: [/^indicator--/, LOADER.id].map(matching) });
    const { json } = await taxii(server, ANALYST, `collections/originals/objects/${REPORT.id}/`);
    expect(json.objects).toEqual([REPORT]);
    for (const as of [JAPAN, ...KOREA]) expect((await server.get(`/api/v1/objects/${REPORT.id}`, as)).status).toBe(404);
    await koreaSawNothing();
  });

  test("a reviewer – another person of the country – claims it in triage, reads it and accepts it", async () => {
    const { items } = await read<QueuePage>("/api/v1/triage/queue?type=report&limit=200", REVIEWER);
    const item = items.find(({ title }) => title === REPORT.name);
    expect(item).toMatchObject({ state: "submitted", originator: "US-CISA", sender: "person" });
    const review = `/api/v1/triage/reviews/${item?.review}`;
    expect(await done<object>(server.post(`${review}/claim`, REVIEWER, undefined))).toMatchObject({
      claim: { by: REVIEWER },
    });
    const { hash, contents } = await read<ReviewReply>(review, REVIEWER);
    expect(contents).toMatchObject([{ id: REPORT.id, tlp: "GREEN" }]);
    const stale = await server.post(`${review}/accept`, REVIEWER, { reason: "corroborated", hash: "x".repeat(43) });
    expect(stale.status).toBe(409);
    const accepted = server.post(`${review}/accept`, REVIEWER, { reason: "corroborated", hash });
    expect(await done<object>(accepted)).toMatchObject({ state: "accepted" });
    const fate = await read<FateReply>(`/api/v1/mine/${await postOf(ANALYST, REPORT.id)}`, ANALYST);
    expect(fate.review).toMatchObject({ state: "accepted" });
    await koreaSawNothing();
  });

  test("a releaser – approves for Japan what the analyst proposes, on its digest – Japan's next poll has it, by date and by cursor; Korea's has not", async () => {
    await release(REPORT.id, ANALYST, RELEASER);
    await koreaSawNothing();
    const japan = await polled.originals.poll(server);
    expect(named(japan)).toEqual([REPORT.id]);
    // Of what it lists nothing is released to Japan yet: the group stands in for it (policy Q10).
    const listed = found(japan, REPORT.id)?.object_refs ?? [];
    expect(listed.every((id) => id.startsWith("identity--")) && listed.length === 1).toBe(true);
    expect(named(await byCursor.originals.poll(server))).toEqual([REPORT.id]);
    expect(named(await polled.consolidated.poll(server))).toEqual([REPORT.id]);
    expect(named(await byCursor.consolidated.poll(server))).toEqual([REPORT.id]);
    expect(await polled.originals.poll(server)).toEqual([]);
    expect(await byCursor.originals.poll(server)).toEqual([]);
    await koreaSawNothing();
  });

  test("a releaser of another agency of the country – approves what the feed sent – Japan's next poll has the indicator, and not what is still at home", async () => {
    await release(BEACON.id, RELEASER, REVIEWER);
    const [japan, too] = [await polled.originals.poll(server), await byCursor.originals.poll(server)];
    expect([named(japan), named(too)]).toEqual([[BEACON.id], [BEACON.id]]);
    expect(found(japan, BEACON.id)).toMatchObject({ pattern: BEACON.pattern, name: BEACON.name });
    expect(found(too, BEACON.id)).toEqual(found(japan, BEACON.id));
    const [folded, ...more] = (await polled.consolidated.poll(server)).filter(({ type }) => type === "indicator");
    expect([folded?.pattern, more]).toEqual([BEACON.pattern, []]);
    await byCursor.consolidated.poll(server);
    for (const as of [JAPAN, JAPAN_TOO, JAPAN_ASLEEP])
      for (const id of [LOADER.id, USES.id]) expect((await server.get(`/api/v1/objects/${id}`, as)).status).toBe(404);
    const report = await taxii(server, JAPAN, `collections/originals/objects/${REPORT.id}/`);
    expect(report.json.objects?.map(({ object_refs: refs }) => refs)).toEqual([[BEACON.id]]);
    await koreaSawNothing();
  });

  test("the export – of Japan's feed – holds what REST shows it and may be taken away, the same objects in the same words", async () => {
    const file = await server.get("/api/v1/export?format=stix", JAPAN);
    const receipt = await read<{ written: number; withheld: { objects: { id: string }[] } }>(
      String(file.headers["tricord-receipt"]),
      JAPAN,
    );
    const taken = (JSON.parse(file.text) as { objects: Item[] }).objects;
    const kept = new Set(receipt.withheld.objects.map(({ id }) => id));
    const shown = ((await server.objects(JAPAN)) as unknown as Item[]).filter(({ id }) => !kept.has(id));
    const ids = new Set(shown.map(({ id }) => id));
    const inOrder = (items: readonly Item[]): Item[] => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(inOrder(taken.filter(({ id }) => ids.has(id)))).toEqual(inOrder(shown));
    // What the file needs to stand alone: markings, definitions of our extensions, and who these are from.
    const more = taken.filter(({ id }) => !ids.has(id)).map(({ type, name }) => `${type} ${String(name ?? "")}`);
    expect(
      more.filter((one) => !/^(?:marking|extension)-definition |^identity (?:Tricord|Working group)/.test(one)),
    ).toEqual([]);
    expect(receipt.written).toBe(shown.length);
    expect(found(taken, REPORT.id)).toMatchObject({ name: REPORT.name });
    expect(file.text).not.toContain(LOADER.id);
    for (const as of KOREA) expect((await server.get("/api/v1/export?format=stix", as)).text).not.toContain(REPORT.id);
  });

  test("an analyst of Japan – finds it useful – and its sender reads that", async () => {
    const given = server.post(`/api/v1/objects/${REPORT.id}/feedback`, JAPAN_ASLEEP, { verdict: "useful" });
    await done(given);
    const heard = [{ country: "JPN", state: "useful", at: expect.any(String) }];
    expect(await read<object>(`/api/v1/objects/${REPORT.id}/feedback`, ANALYST)).toMatchObject({ received: heard });
    const fate = await read<FateReply>(`/api/v1/mine/${await postOf(ANALYST, REPORT.id)}`, ANALYST);
    expect(fate.feedback).toEqual(heard);
    await koreaSawNothing();
  });

  test("the server – stopped and started on the same folder – tells everybody the same, byte for byte, and dates and cursors go on", async () => {
    const everybody = [JAPAN, JAPAN_TOO, FEED, ANALYST];
    const tell = (): Promise<unknown> => Promise.all(everybody.map((as) => manifests(server, as)));
    const before = await tell();
    await restart();
    expect(await tell()).toEqual(before);
    expect(await polled.originals.poll(server)).toEqual([]);
    expect(await polled.consolidated.poll(server)).toEqual([]);
    expect(await byCursor.originals.poll(server)).toEqual([]);
    expect(await byCursor.consolidated.poll(server)).toEqual([]);
    await koreaSawNothing();
  });

  test("its author – one person – narrows the label – Japan loses it at once, and only who had it has a recall", async () => {
    const post = await postOf(ANALYST, REPORT.id);
    const { hash, request } = await read<FateReply>(`/api/v1/mine/${post}`, ANALYST);
    const releases = (request.releases ?? []).filter(({ countries }) => !countries.includes("JPN"));
    expect(releases.length).toBeLessThan(request.releases?.length ?? 0);
    const narrowed = await done<EditReply>(
      server.post(`/api/v1/mine/${post}/edit`, ANALYST, {
        ...{ label: { ...request, releases }, hash, reason: "a source is in danger" },
      }),
    );
    expect(narrowed).toMatchObject({
      outcome: "narrowed",
      readers: { before: expect.arrayContaining(["JP-NPA"]), after: ["US-CISA", "US-FBI", "US-TREAS"] },
      confirmation: expect.any(String),
    });
    await koreaSawNothing();
    for (const as of [JAPAN, JAPAN_TOO, JAPAN_ASLEEP, JAPAN_NEVER])
      expect((await server.get(`/api/v1/objects/${REPORT.id}`, as)).status).toBe(404);
    const notes = await polled.recalls.poll(server);
    expect(notes).toEqual([expect.objectContaining({ type: "note", object_refs: [REPORT.id] })]);
    expect(JSON.stringify(notes)).not.toMatch(/danger|quailfeather|CISA/);
    const too = await taxii(server, JAPAN_TOO, "collections/recalls/objects/");
    expect(too.json.objects).toEqual([expect.objectContaining({ type: "note", object_refs: [REPORT.id] })]);
    for (const as of [JAPAN_ASLEEP, JAPAN_NEVER, ...KOREA])
      expect((await taxii(server, as, "collections/recalls/objects/")).text).toBe("{}");
    // What it reads of the rest has no new date, and its agency keeps what it wrote.
    expect([await polled.originals.poll(server), await polled.consolidated.poll(server)]).toEqual([[], []]);
    expect(await polled.recalls.poll(server)).toEqual([]);
    expect((await taxii(server, ANALYST, `collections/originals/objects/${REPORT.id}/`)).json.objects).toEqual([
      REPORT,
    ]);
    await koreaSawNothing();
  });

  test("a second person – of the agency – confirms the narrowing, and the server is started again – the recalls stand as they were", async () => {
    const { confirmations } = await read<{ confirmations: { confirmation: string; object: string }[] }>(
      "/api/v1/confirmations",
      RELEASER,
    );
    const own = confirmations.find(({ object }) => object === REPORT.id)?.confirmation;
    const path = `/api/v1/confirmations/${own}/confirm`;
    expect((await server.post(path, ANALYST, undefined)).status).toBe(403);
    expect(await done<object>(server.post(path, RELEASER, undefined))).toMatchObject({
      state: "confirmed",
      confirmedBy: RELEASER,
    });
    const before = await manifests(server, JAPAN);
    await restart();
    expect(await manifests(server, JAPAN)).toEqual(before);
    expect(await polled.recalls.poll(server)).toEqual([]);
    await koreaSawNothing();
  });

  test("the record – read when the server has stopped – names who did what in an unbroken chain, with what Japan was shown and no word of content", async () => {
    expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
    const store = await openStoreOf(server.folder, { readOnly: true });
    const all = async (spec: typeof Audit): Promise<AuditDoc[]> => {
      const docs: AuditDoc[] = [];
      for (;;) {
        const after = docs.at(-1)?.id;
        const got = await store.collection(spec).all({ limit: 1000, ...(after === undefined ? {} : { after }) });
        docs.push(...got);
        if (got.length < 1000) return docs;
      }
    };
    const [audit, shown] = [await all(Audit), await all(Disclosures)];
    await store.close();
    for (const docs of [audit, shown]) {
      for (const stream of new Set(docs.map((doc) => doc.stream))) {
        const rows = docs.filter((doc) => doc.stream === stream).sort((a, b) => a.n - b.n);
        expect(verifyChain(rows)).toBeUndefined();
      }
    }
    const did = (docs: readonly AuditDoc[]): string[] => [
      ...new Set(docs.filter(({ at }) => at >= morning).map(({ actor, what }) => `${actor} ${what}`)),
    ];
    expect(did(audit)).toEqual(
      expect.arrayContaining([
        ...[`${FEED} batch.applied`, `${ANALYST} batch.applied`, `${REVIEWER} triage.claim`],
        ...[`${REVIEWER} triage.accept`, `${ANALYST} release.proposed`, `${RELEASER} release.released`],
        ...[`${RELEASER} release.proposed`, `${REVIEWER} release.released`, `${JAPAN_ASLEEP} feedback.given`],
        ...[`${ANALYST} content.narrowed`, `${RELEASER} content.narrow.confirmed`],
      ]),
    );
    // Of those abroad nobody did more than sign in and say that it was useful.
    const abroad = did(audit).filter(
      (one) => /^(?:feed-JP|feed-KR|j1|f3|k1)/.test(one) && !one.endsWith(" sign-in.success"),
    );
    expect(abroad).toEqual([`${JAPAN_ASLEEP} feedback.given`]);
    expect(did(shown)).toEqual(
      expect.arrayContaining(
        [JAPAN, JAPAN_TOO].flatMap((as) => [
          `${as} taxii.originals`,
          `${as} taxii.consolidated`,
          `${as} taxii.recalls`,
        ]),
      ),
    );
    expect(did(shown)).toContain(`${JAPAN} export.made`);
    expect(JSON.stringify([audit, shown])).not.toMatch(/quailfeather|beacon\.day/);
  });
});
