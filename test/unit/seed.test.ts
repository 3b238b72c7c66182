import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import { STIX_OBJECTS } from "../../schemas/stix/objects.ts";
import { labelOf } from "../../seed/load.ts";
import { readSeed, type SeedEntry } from "../../seed/shapes.ts";
import { readInput } from "../../server/formats/read-input.ts";
import { keyOf } from "../../server/pipeline/key.ts";
import type { Item, Key, StixJson } from "../../server/pipeline/steps.ts";
import { validate } from "../../server/pipeline/validate.ts";
import { decide } from "../../server/policy/decide.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { viewerOf } from "../../server/usecases/viewer-of.ts";
import { agencies as caseAgencies, viewers as caseViewers } from "../support/policy-cases.ts";

const FOLDER = path.resolve(process.cwd(), "seed");
const NOW = Date.UTC(2026, 10, 23);
const seed = readSeed(FOLDER);
const accounts = new Map(seed.accounts.map((account) => [account.id, account]));
const agencies = new Map(seed.agencies.map((agency) => [agency.id, agency]));
const agreements = Object.fromEntries(seed.agreements.map((agreement) => [agreement.id, agreement]));
const countryOf = (account: string): string | undefined => agencies.get(accounts.get(account)?.agency ?? "")?.country;

const itemsOf = ({ file, format }: SeedEntry): readonly Item[] =>
  readInput(readFileSync(path.join(FOLDER, "content", file)), { format, limits: { inflated: 1 << 20 } }).items;
const objectsOf = (entry: SeedEntry): StixJson[] =>
  itemsOf(entry).flatMap((item) => ("object" in item ? [item.object] : []));
const keysOf = (entry: SeedEntry): Key[] =>
  objectsOf(entry).flatMap((object) => {
    const keyed = keyOf(object, accounts.get(entry.as)?.agency ?? "");
    return "key" in keyed ? [keyed.key] : [];
  });
const labels = new Map(seed.entries.map((entry) => [entry.file, labelOf(entry, seed, NOW)]));
const labelFor = (file: string): LabelRequest => labels.get(file) ?? {};

test("seed agencies – held against the policy cases – the same nine with country and categories", () => {
  const mine = Object.fromEntries(seed.agencies.map(({ id, country, categories }) => [id, { country, categories }]));
  expect(mine).toEqual(caseAgencies);
});

test("seed agencies – a post without a label – finds no default preset", () => {
  expect(seed.agencies.filter(({ presets }) => presets?.default !== undefined)).toEqual([]);
});

test("seed accounts – held against the viewers of the policy cases – equal but for p0 and x1", () => {
  const wanted = Object.values(caseViewers).filter(({ id }) => id !== "p0" && id !== "x1");
  const mine = wanted.map(({ id }) => {
    const account = accounts.get(id);
    return account && viewerOf(account, agencies.get(account.agency ?? ""));
  });
  expect(mine).toEqual(wanted);
});

test("seed accounts – beside the viewers – a releaser and a feed an agency, a signer a country, a read-only feed", () => {
  const extra = seed.accounts.filter(({ id }) => caseViewers[id] === undefined).map(({ id, role }) => `${role} ${id}`);
  const each = seed.agencies.flatMap(({ id }) => [`releaser rel-${id}`, `feed feed-${id}`]);
  const signers = ["signer sign-usa", "signer sign-jpn", "signer sign-kor"];
  expect(extra.sort()).toEqual([...each, ...signers, "feed r3"].sort());
  expect(accounts.get("r3")).toMatchObject({ agency: "US-CISA", scope: "read", keyScopes: ["read"] });
});

test("seed accounts – their persons – one human each, none for services, and a key for services alone", () => {
  const people = seed.accounts.filter(({ role }) => role !== "feed" && role !== "client");
  expect(new Set(people.map(({ person }) => person)).size).toBe(people.length);
  expect(people.filter(({ person, keyScopes }) => person === undefined || keyScopes !== undefined)).toEqual([]);
  const services = seed.accounts.filter(({ role }) => role === "feed" || role === "client");
  expect(services.filter(({ person, keyScopes }) => person !== undefined || keyScopes === undefined)).toEqual([]);
});

test("seed orders – one a feed – for its own agency, CLEAR and GREEN, class U, by two persons of its country", () => {
  expect(seed.orders.map(({ accounts: feeds, agency }) => `${feeds.join()} ${agency}`).sort()).toEqual(
    seed.agencies.map(({ id }) => `feed-${id} ${id}`).sort(),
  );
  for (const order of seed.orders) {
    const country = agencies.get(order.agency)?.country;
    expect([countryOf(order.proposedBy), countryOf(order.approvedBy)]).toEqual([country, country]);
    expect(accounts.get(order.proposedBy)?.person).not.toBe(accounts.get(order.approvedBy)?.person);
    expect(accounts.get(order.approvedBy)?.role).toBe("releaser");
    expect([order.tlpUpTo, order.classificationUpTo]).toEqual(["GREEN", "U"]);
  }
});

test("seed content – the folder held against the manifest – every file is posted once", () => {
  const files = readdirSync(path.join(FOLDER, "content")).filter((name) => name !== "manifest.json");
  expect(seed.entries.map(({ file }) => file).sort()).toEqual(files.sort());
});

test.each(seed.entries)(
  "seed content $file – read and validated – no error, no warning, a key for each object",
  (entry) => {
    const items = itemsOf(entry);
    const problems = items.flatMap((item) => {
      if ("problem" in item) return [item.problem];
      const { errors, warnings } = validate(item.object);
      return [...errors, ...warnings, ...(item.warnings ?? [])];
    });
    expect(problems).toEqual([]);
    expect(keysOf(entry)).toHaveLength(items.length);
    expect(items.length).toBeGreaterThan(0);
  },
);

test.each(seed.entries)("seed content $file – its label – names what exists, and its author reads it", (entry) => {
  const account = accounts.get(entry.as);
  const agency = agencies.get(account?.agency ?? "");
  const request = labelFor(entry.file);
  expect(account?.scope).toBe("write");
  expect(agency).toBeDefined();
  if (account === undefined || agency === undefined) return;
  for (const row of request.releases ?? []) {
    expect(agreements[row.agreement]?.parties).toEqual(expect.arrayContaining(row.countries));
    const named = row.agencies === "*" ? [] : row.agencies;
    for (const id of named) expect(row.countries).toContain(agencies.get(id)?.country);
  }
  for (const id of [...(request.recipients ?? []), ...(request.embargoReaders ?? [])])
    expect(accounts.has(id)).toBe(true);
  const label: Label = {
    ...{ tlp: request.tlp ?? "AMBER+STRICT", classification: request.classification ?? "U", state: "released" },
    ...{ caveats: request.caveats ?? [], topics: request.topics ?? [], recipients: request.recipients ?? [] },
    ...{ originator: agency.id, originatorCountry: agency.country, author: entry.as },
    ...{ releases: [], clientGrants: [], fieldRules: request.fieldRules ?? [] },
    ...(request.embargoUntil !== undefined && { embargoUntil: request.embargoUntil }),
  };
  const viewer = viewerOf(account, agency);
  expect(decide({ viewer, label, agreements: {}, at: formatInstant(NOW) })).toMatchObject({ verdict: "full" });
});

test("seed content – what was posted above a feed's order – is released by two persons or by nobody", () => {
  for (const { as, file, release } of seed.entries) {
    const byOrder = as.startsWith("feed-");
    const low = ["CLEAR", "GREEN"].includes(labelFor(file).tlp ?? "") && labelFor(file).classification === undefined;
    expect(`${file} ${low}`).toBe(`${file} ${byOrder}`);
    if (release === undefined) continue;
    const { proposedBy, approvedBy } = release;
    expect(accounts.get(proposedBy)?.person).not.toBe(accounts.get(approvedBy)?.person);
    expect(approvedBy).toBe(`rel-${accounts.get(as)?.agency}`);
  }
});

test("seed content – ids and what they refer to – each id once an agency, no reference into nothing", () => {
  const known = new Set(seed.entries.flatMap(objectsOf).map(({ id }) => id));
  const dangling = seed.entries.flatMap(objectsOf).flatMap((object) =>
    Object.entries(object)
      .filter(([name]) => name.endsWith("_ref") || name.endsWith("_refs"))
      .flatMap(([, value]) => value)
      .filter((id) => !known.has(id)),
  );
  expect(dangling).toEqual([]);
  const named = seed.entries.flatMap(objectsOf).filter(({ created }) => created !== undefined);
  expect(new Set(named.map(({ id }) => id)).size).toBe(named.length);
});

test("seed content – posts that are not for all partners – state documentation addresses and names alone", () => {
  const DOCUMENTATION =
    /^(ipv4-addr:(192\.0\.2|198\.51\.100)\.\d+|(domain-name|url|email-addr):.*(\.example\b|198\.51\.100\.).*)$/;
  const closed = seed.entries.filter(({ file }) => !["CLEAR", "GREEN"].includes(labelFor(file).tlp ?? ""));
  const values = closed.flatMap(keysOf).flatMap((key) => key.values);
  expect(values.length).toBeGreaterThan(5);
  expect(values.filter((value) => !DOCUMENTATION.test(value))).toEqual([]);
});

test("seed content – as a demonstration – has merges, every TLP, a field rule, an embargo, NOATTRIB, Japanese and Korean", () => {
  const sources = new Map<string, Set<string>>();
  for (const entry of seed.entries)
    for (const { kind, fold, text } of keysOf(entry))
      if (fold !== "alone")
        sources.set(
          `${kind} ${text}`,
          (sources.get(`${kind} ${text}`) ?? new Set()).add(accounts.get(entry.as)?.agency ?? ""),
        );
  const met = [...sources.values()].map(({ size }) => size);
  expect(met.filter((size) => size === 2).length).toBeGreaterThan(25);
  expect(met.filter((size) => size === 3).length).toBeGreaterThan(3);
  const all = [...labels.values()];
  expect(new Set(all.map(({ tlp }) => tlp))).toEqual(new Set(["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]));
  expect(all.filter(({ fieldRules }) => fieldRules !== undefined).length).toBeGreaterThan(2);
  expect(all.filter(({ embargoUntil }) => embargoUntil !== undefined).length).toBe(1);
  expect(all.filter(({ caveats }) => caveats?.includes("NOATTRIB") === true).length).toBe(1);
  const text = seed.entries
    .flatMap(objectsOf)
    .map((object) => JSON.stringify(object))
    .join("\n");
  for (const word of ["北朝鮮", "라자루스", "김수키", "暗号資産"]) expect(text).toContain(word);
  const types = new Set(seed.entries.flatMap(objectsOf).map(({ type }) => String(type)));
  expect([...types].filter((type) => !(type in STIX_OBJECTS))).toEqual([]);
});
