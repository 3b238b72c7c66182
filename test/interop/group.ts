import { randomUUID } from "node:crypto";
import { Connection, PythonScript } from "../../bench/python-script.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { RealServer } from "../support/real-server.ts";
import { bundle, indicator, row, TRI } from "../support/samples.ts";

/** The clients of other makers, each as a script. */
export const CLIENTS = {
  "taxii2-client": "drive_taxii2_client.py",
  cytaxii2: "drive_cytaxii2.py",
  stix2: "drive_stix2.py",
} as const;
export type Client = keyof typeof CLIENTS;
/** Two people of different countries, a feed that writes and one that only reads. */
export const ACCOUNTS = ["u1", "j1", "feed-JP-NPA", "r3"] as const;
export const COLLECTIONS = ["originals", "consolidated"] as const;

/** Any STIX object, as far as these tests look into it. */
export interface Item {
  readonly id: string;
  readonly type?: string;
  readonly modified?: string;
  readonly created?: string;
  readonly version?: string;
  readonly date_added?: string;
  readonly object_marking_refs?: readonly string[];
}
export interface Pulled {
  /** How many objects each page had. */
  readonly pages: readonly number[];
  /** What led from each page to the next one. */
  readonly cursors: readonly string[];
  readonly objects: readonly Item[];
}

/** One text an object version, as manifest, versions and objects tell it. stix2 writes times anew, so its are told as instants. */
const keyOf = ({ id, version, modified, created }: Item, client?: Client): string => {
  const at = version ?? modified ?? created ?? "";
  return `${id} ${client === "stix2" && at !== "" ? new Date(at).toISOString() : at}`;
};
export const keys = (items: readonly Item[], client?: Client): string[] =>
  items.map((item) => keyOf(item, client)).sort();
export const byKey = (items: readonly Item[]): Record<string, Item> =>
  Object.fromEntries(items.map((item) => [keyOf(item), item]));

/** The reader's cut of a label: a marking definition of our own making, under a UUIDv5. What somebody posted is content. */
const isCut = (id: string): boolean => /^marking-definition--[0-9a-f]{8}-[0-9a-f]{4}-5/.test(id);
/** Without the definitions of cuts: they stand in a collection, and REST has them on a route of their own. */
export const content = (items: readonly Item[]): Item[] => items.filter(({ id }) => !isCut(id));
export const cuts = (items: readonly Item[]): string[] =>
  items
    .map(({ id }) => id)
    .filter(isCut)
    .sort();
/** The cuts that objects refer to. */
export const markedWith = (items: readonly Item[]): string[] =>
  [...new Set(items.flatMap(({ object_marking_refs: marks = [] }) => marks).filter(isCut))].sort();

/** What REST says that an account sees, but for RED, which leaves over pages and REST alone (policy 6). */
export async function overRest(server: RealServer, account: string, view: string): Promise<readonly Item[]> {
  const red = new Set((await server.objects(account, { view, tlp: "RED" })).map(({ id }) => id));
  return (await server.objects(account, { view })).filter(({ id }) => !red.has(id));
}

/** The version of each object that TAXII gives by default. */
export function newest(items: readonly Item[]): Item[] {
  const found = new Map<string, Item>();
  for (const item of items)
    if (Date.parse(item.modified ?? "1970-01-01") >= Date.parse(found.get(item.id)?.modified ?? "1970-01-01"))
      found.set(item.id, item);
  return [...found.values()];
}

const scripts = new Map<Client, PythonScript>();
/** A client signed in to a server, by HTTP Basic, or with `--key` in place of the user by an API key. One process a client. */
export function signIn(
  python: string,
  client: Client,
  { url }: RealServer,
  [user, secret]: readonly [string, string],
): Connection {
  const script = scripts.get(client) ?? new PythonScript(python, CLIENTS[client], []);
  scripts.set(client, script);
  return new Connection(script, [`${url}/taxii2/`, user, secret]);
}

/** A client signed in to a server as an account, by HTTP Basic. */
export const connect = (python: string, client: Client, server: RealServer, as: string): Connection =>
  signIn(python, client, server, [as, server.account(as).password]);

const address = (n: number): string => `[ipv4-addr:value = '100.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}']`;
const some = (name: string, from: number, count: number): unknown =>
  bundle(...Array.from({ length: count }, (_, i) => indicator(`${name} ${i}`, address(from + i))));

/** Later versions of what is there in one. */
export const VERSIONS = 5;
const laterVersions = (): StixJson[] =>
  Array.from({ length: VERSIONS }, (_, i) =>
    indicator(`for the three ${i}`, address(i), { modified: "2026-04-01T00:00:00.000Z", confidence: 50 }),
  );

/** Beside the demonstration: enough for pages of a thousand, under labels that the four accounts read differently. */
export async function fill(server: RealServer): Promise<void> {
  const posts: readonly (readonly [string, unknown, unknown])[] = [
    ["feed-US-CISA", some("for the three", 0, 1000), { tlp: "GREEN", releases: [TRI] }],
    ["feed-US-CISA", some("for Japan", 2000, 100), { tlp: "GREEN", releases: [row("TRI", ["JPN"])] }],
    ["feed-KR-NIS", some("for the three, of Korea", 600, 700), { tlp: "GREEN", releases: [TRI] }],
    ["feed-KR-NIS", some("of Korea alone", 4000, 100), { tlp: "GREEN" }],
    ["feed-JP-NPA", some("of Japan alone", 5000, 150), { tlp: "GREEN" }],
    ["feed-US-CISA", bundle(...laterVersions()), { tlp: "GREEN", releases: [TRI] }],
  ];
  for (const [as, body, label] of posts) {
    const { status, text } = await server.ingest(as, body, label);
    if (status !== 200) throw new Error(`the posts of ${as} were answered ${status}: ${text.slice(0, 300)}`);
  }
}

/** What tests of equality trip over: scripts and forms of letters, digits of times, numbers, own types and properties, objects without dates. */
export function hardObjects(): readonly (Item & Readonly<Record<string, unknown>>)[] {
  const id = (type: string): string => `${type}--${randomUUID()}`;
  const at = { created: "2026-03-01T00:00:00.123Z", modified: "2026-03-01T00:00:00.123456Z" };
  return [
    {
      ...{ type: "tool", spec_version: "2.1", id: id("tool"), ...at, name: "한글 かな 🏴 e\u0301 \u00e9" },
      ...{
        x_big: 9007199254740991,
        x_small: -9007199254740991,
        x_float: 1.5e-7,
        x_deep: { list: [1, "1", true, { no: false }] },
      },
    },
    { type: "malware", spec_version: "2.1", id: id("malware"), ...at, is_family: false, name: "한글" },
    {
      ...{ type: "indicator", spec_version: "2.1", id: id("indicator"), ...at, name: "a\u2028b\u0000".slice(0, 3) },
      ...{ pattern: "[file:name = 'it\\'s \\\\ here']", pattern_type: "stix", valid_from: "2026-03-01T00:00:00Z" },
    },
    { type: "x-acme-thing", spec_version: "2.1", id: id("x-acme-thing"), ...at, x_acme: "own" },
    {
      ...{ type: "language-content", spec_version: "2.1", id: id("language-content"), ...at },
      ...{ object_ref: "tool--00000000-0000-4000-8000-000000000001", contents: { ko: { name: "이름" } } },
    },
  ];
}
