import type { LabelRequest } from "../../schemas/policy/label.ts";
import { scoId } from "../../schemas/stix/id-contributing.ts";
import { RELEASE_LABEL_EXTENSION } from "../../schemas/stix/release-label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { sampleUuid } from "./samples.ts";
import { START } from "./steering.ts";
import { type Ask, type Credential, type Reply, TemporaryWorld, type WorldOptions } from "./temporary-world.ts";

type Thing = StixJson & { readonly id: string };
type Collection = "originals" | "consolidated" | "recalls";

const DAY = "2026-03-01T00:00:00.000Z";
const dated = (type: string, name: string): Thing => ({
  ...{ type, spec_version: "2.1", id: `${type}--${sampleUuid(name)}` },
  ...{ created: DAY, modified: DAY },
});

/** Objects of the compound cases, each named, so that its id follows from the name. */
export const relationship = (name: string, from: Thing, to: Thing): Thing => ({
  ...dated("relationship", name),
  ...{ relationship_type: "related-to", source_ref: from.id, target_ref: to.id },
});
export const sighting = (name: string, of: Thing, more: StixJson = {}): Thing => ({
  ...dated("sighting", name),
  ...{ sighting_of_ref: of.id },
  ...more,
});
export const report = (name: string, refs: readonly Thing[], more: StixJson = {}): Thing => ({
  ...dated("report", name),
  ...{ name, published: DAY, object_refs: refs.map(({ id }) => id) },
  ...more,
});
export const actor = (name: string, more: StixJson = {}): Thing => ({ ...dated("threat-actor", name), name, ...more });
export const identity = (name: string): Thing => ({
  ...dated("identity", name),
  ...{ name, identity_class: "organization" },
});
export const ipv4 = (value: string): Thing => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: scoId("ipv4-addr", { value }) ?? "", value },
});

const TAXII = "/taxii2/dprk/collections";

/** A world in which the compound cases of policy 6 are played: each request a second after the one before, answers as plain values. */
export class Compound {
  readonly world: TemporaryWorld;
  #now = START;
  #asked = 0;

  private constructor(world: TemporaryWorld) {
    this.world = world;
  }

  static async open(options: WorldOptions = {}): Promise<Compound> {
    return new Compound(await TemporaryWorld.open(options));
  }

  close(): Promise<void> {
    return this.world.close();
  }

  get now(): number {
    return this.#now;
  }

  /** The clock goes on, by a second if nothing is said. */
  tick(ms = 1000): void {
    this.#now += ms;
    this.#asked += 1;
    this.world.at(this.#now, `request ${this.#asked}`);
  }

  ask(as: string, what: Ask | string, credential?: Credential): Promise<Reply> {
    this.tick();
    return this.world.ask(as, typeof what === "string" ? { method: "GET", path: what } : what, credential);
  }

  send(as: string, path: string, body?: unknown): Promise<Reply> {
    return this.ask(as, { method: "POST", path, ...(body === undefined ? {} : { body }) });
  }

  /** Outcome, code and warnings of each object that was posted, but those of its form: `created label.unmarked`. A post that is refused whole: its status and code. */
  async post(
    as: string,
    objects: StixJson | readonly StixJson[],
    label?: LabelRequest,
    query?: string,
  ): Promise<string[]> {
    this.tick();
    const reply = await this.world.post(as, objects, {
      ...(label === undefined ? {} : { label }),
      ...(query === undefined ? {} : { query }),
    });
    const { results } = (reply.json ?? {}) as {
      results?: { outcome: string; code?: string; warnings?: { code: string }[] }[];
    };
    if (results === undefined) return [failed(reply).join(" ")];
    return results.map(({ outcome, code, warnings = [] }) =>
      [outcome, code, ...warnings.map((one) => one.code).filter((one) => !one.startsWith("stix."))]
        .filter((word) => word !== undefined)
        .join(" "),
    );
  }

  /** Posts what has to go in whole. */
  async put(as: string, objects: StixJson | readonly StixJson[], label?: LabelRequest): Promise<void> {
    const told = await this.post(as, objects, label);
    if (told.some((one) => !/^(created|updated)\b/.test(one))) throw new Error(`${as} could not post: ${told}`);
  }

  /** What a route answers, as JSON. */
  async body(as: string, path: string): Promise<Readonly<Record<string, unknown>>> {
    return ((await this.ask(as, path)).json ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** The newest post of one's own agency under an id. */
  async mine(as: string, id: string): Promise<{ post: string; hash: string }> {
    const { posts } = (await this.body(as, `/api/v1/mine?id=${id}`)) as { posts?: { post: string; hash: string }[] };
    const newest = posts?.at(-1);
    if (newest === undefined) throw new Error(`${as} has no post of ${id}`);
    return newest;
  }

  /** Decides a release on the hash that it shows. */
  async decided(as: string, release: string, verb: string, more: object = {}): Promise<unknown> {
    const { hash } = await this.body(as, `/api/v1/releases/${release}`);
    const path = `/api/v1/releases/${release}/${verb}`;
    return (await this.send(as, path, { reason: "looked at", hash, ...more })).json;
  }

  /** Proposed by one person and approved by another. */
  async release(by: string, approver: string, id: string, row: object): Promise<void> {
    this.tick();
    const release = await this.world.propose(by, id, row);
    this.tick();
    await this.world.decide(approver, release);
  }

  async status(id: string, readers: readonly string[]): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const one of readers) found[one] = (await this.ask(one, `/api/v1/objects/${id}`)).status;
    return found;
  }

  /** The object as somebody reads it; undefined where it is not there. */
  async read(as: string, id: string): Promise<Thing | undefined> {
    const { status, json } = await this.ask(as, `/api/v1/objects/${id}`);
    return status === 200 ? (json as { object: Thing }).object : undefined;
  }

  async hash(as: string, id: string): Promise<string> {
    return ((await this.ask(as, `/api/v1/objects/${id}`)).json as { hash?: string }).hash ?? "none";
  }

  async list(as: string, query = ""): Promise<Thing[]> {
    return await this.#objects(as, `/api/v1/objects${query}`);
  }

  async edges(as: string, id: string): Promise<Thing[]> {
    return await this.#objects(as, `/api/v1/objects/${id}/relationships`);
  }

  async #objects(as: string, path: string): Promise<Thing[]> {
    const reply = await this.ask(as, path);
    if (reply.status !== 200) throw new Error(`${as}: ${path} answers ${reply.status}`);
    return (reply.json as { objects: Thing[] }).objects;
  }

  /** `agency TLP` of each contribution behind it, in alphabetical order; 404 where it is not there. */
  async sources(as: string, id: string): Promise<string[] | number> {
    const { status, json } = await this.ask(as, `/api/v1/objects/${id}/sources`);
    if (status !== 200) return status;
    return (json as { sources: { agency: string; tlp: string }[] }).sources
      .map(({ agency, tlp }) => `${agency} ${tlp}`)
      .sort();
  }

  /** One page of a collection as it came. */
  page(as: string, collection: Collection, query = "?limit=1000"): Promise<Reply> {
    return this.ask(as, `${TAXII}/${collection}/objects/${query}`);
  }

  /** What a collection has for somebody, marking definitions left out. */
  async polled(as: string, collection: Collection, query?: string): Promise<Thing[]> {
    const reply = await this.page(as, collection, query);
    if (reply.status !== 200) throw new Error(`${as}: ${collection} answers ${reply.status}`);
    return ((reply.json as { objects?: Thing[] }).objects ?? []).filter(({ type }) => type !== "marking-definition");
  }

  /** What is in a STIX file, left out what goes with every one: markings, our extensions and who writes them. */
  async exported(as: string, query = ""): Promise<Thing[]> {
    const { status, json } = await this.ask(as, `/api/v1/export${query}`);
    if (status !== 200) throw new Error(`${as}: the export answers ${status}`);
    return (json as { objects: Thing[] }).objects.filter(
      ({ type, name }) =>
        !["marking-definition", "extension-definition"].includes(String(type)) &&
        !/^(?:Tricord|Working group \w+)$/.test(String(name)),
    );
  }

  /** For each way out which of these somebody gets: page, list, both TAXII collections, file. */
  async ways(as: string, things: Readonly<Record<string, Thing>>): Promise<Record<string, string>> {
    const names = Object.entries(things).map(([name, { id }]) => [id, name] as const);
    const of = (objects: readonly Thing[]): string => {
      const there = new Set(objects.map(({ id }) => id));
      return names.flatMap(([id, name]) => (there.has(id) ? [name] : [])).join(" ");
    };
    const page: Thing[] = [];
    for (const thing of Object.values(things)) if ((await this.read(as, thing.id)) !== undefined) page.push(thing);
    return {
      page: of(page),
      list: of(await this.list(as, "?limit=1000&view=originals")),
      originals: of(await this.polled(as, "originals")),
      export: of(await this.exported(as, "?view=originals")),
    };
  }
}

export const idsOf = (objects: readonly Thing[]): string[] => objects.map(({ id }) => id).sort();

/** Status and code of a refusal. */
export const failed = ({ status, json }: Reply): [number, string | undefined] => [
  status,
  (json as { error?: { code?: string } } | undefined)?.error?.code,
];

/** What makes two answers one to the byte, the date of sending aside. */
export const answer = ({ status, headers, body }: Reply): unknown => {
  const { date: _, ...others } = headers;
  return [status, others, body.toString()];
};

/** A marking definition with our release extension: an object that names it says its own label. */
export const releaseMarking = (
  name: string,
  tlp: string,
  releases: readonly object[],
  more: Readonly<Record<string, unknown>> = {},
): Thing => ({
  ...{ type: "marking-definition", spec_version: "2.1", id: `marking-definition--${sampleUuid(name)}`, created: DAY },
  extensions: {
    [RELEASE_LABEL_EXTENSION]: {
      ...{ extension_type: "property-extension", tlp, classification: "U", caveats: [], releases },
      ...more,
    },
  },
});

/** The members of a list of ids; none where there is no list. */
export const idsIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
