import type { RealServer } from "./real-server.ts";

const TYPE = "application/taxii+json;version=2.1";
const ROOT = "/taxii2/dprk/";
const COLLECTIONS = ["originals", "consolidated", "recalls"] as const;
type CollectionName = (typeof COLLECTIONS)[number];

export interface Item {
  readonly id: string;
  readonly type: string;
  readonly modified?: string;
  readonly object_refs?: readonly string[];
  readonly [member: string]: unknown;
}

/** One answer of a TAXII server, with the date that a poller goes on from. */
interface TaxiiReply {
  readonly status: number;
  readonly text: string;
  readonly last: string | undefined;
  readonly json: {
    readonly more?: boolean;
    readonly next?: string;
    readonly objects?: readonly Item[];
    readonly status?: string;
    readonly [member: string]: unknown;
  };
}

/** One TAXII request, as any client would send it. */
export async function taxii(
  server: RealServer,
  as: string,
  path: string,
  {
    method = "GET",
    query = {},
    body,
    label,
  }: {
    readonly method?: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly label?: unknown;
  } = {},
): Promise<TaxiiReply> {
  const { status, text, headers } = await server.send(method, `${ROOT}${path}`, {
    as,
    query,
    headers: {
      Accept: TYPE,
      ...(body === undefined ? {} : { "Content-Type": TYPE }),
      ...(label === undefined ? {} : { "Tricord-Label": JSON.stringify(label) }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const last = headers["x-taxii-date-added-last"];
  return {
    ...{ status, text, last: typeof last === "string" ? last : undefined },
    json: text.startsWith("{") ? (JSON.parse(text) as TaxiiReply["json"]) : {},
  };
}

const page = async (
  server: RealServer,
  as: string,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<TaxiiReply> => {
  const got = await taxii(server, as, path, { query });
  if (got.status !== 200) throw new Error(`${as}: ${path} answers ${got.status}: ${got.text.slice(0, 300)}`);
  return got;
};

/** Comes back with `added_after`, as most clients do. It outlives the server: what it keeps is a date. */
export class DatePoller {
  readonly #as: string;
  readonly #collection: CollectionName;
  #after: string | undefined;
  constructor(as: string, collection: CollectionName) {
    this.#as = as;
    this.#collection = collection;
  }

  /** What came since it was here last. */
  async poll(server: RealServer, limit = 1000): Promise<Item[]> {
    const found: Item[] = [];
    const since: Record<string, string> = this.#after === undefined ? {} : { added_after: this.#after };
    for (let next: string | undefined; ; ) {
      const query = { ...since, limit: String(limit), ...(next === undefined ? {} : { next }) };
      const { json, last } = await page(server, this.#as, `collections/${this.#collection}/objects/`, query);
      found.push(...(json.objects ?? []));
      this.#after = last ?? this.#after;
      if (json.more !== true) return found;
      next = json.next;
    }
  }
}

const versions = (items: readonly Item[]): string[] => items.map(({ id, modified = "" }) => `${id} ${modified}`);

/** Goes on with `next` alone: it stops where a page more is left, so that it always holds a cursor. */
export class CursorPoller {
  readonly #as: string;
  readonly #collection: CollectionName;
  #next: string | undefined;
  /** Of the page behind the cursor it holds, which it comes upon again. */
  #seen: readonly Item[] = [];
  constructor(as: string, collection: CollectionName) {
    this.#as = as;
    this.#collection = collection;
  }

  /**
   * What came since it was here last: the versions that were on the page behind its cursor already must stand there again, first and in the same order. Their text may
   * have changed: a list of references grows with what its reader sees.
   */
  async poll(server: RealServer, limit = 5): Promise<Item[]> {
    const found: Item[] = [];
    let behind: Item[] = [];
    for (let next = this.#next; ; ) {
      const query = { limit: String(limit), ...(next === undefined ? {} : { next }) };
      const { json } = await page(server, this.#as, `collections/${this.#collection}/objects/`, query);
      behind = [...(json.objects ?? [])];
      found.push(...behind);
      this.#next = next;
      if (json.more !== true) break;
      next = json.next;
    }
    const again = found.slice(0, this.#seen.length);
    if (versions(again).join() !== versions(this.#seen).join())
      throw new Error(`${this.#as}: what the cursor had before it is not there any more, or in another order`);
    const fresh = found.slice(this.#seen.length);
    this.#seen = behind;
    return fresh;
  }
}

/** Everything that an account is told over TAXII, byte for byte: of each collection the whole manifest, with the dates of its pages. */
export async function manifests(server: RealServer, as: string): Promise<Record<CollectionName, string>> {
  const whole = async (collection: CollectionName): Promise<string> => {
    const texts: string[] = [];
    for (let next: string | undefined; ; ) {
      const query = { limit: "400", "match[version]": "all", ...(next === undefined ? {} : { next }) };
      const { text, json, last } = await page(server, as, `collections/${collection}/manifest/`, query);
      texts.push(`${last ?? ""} ${text}`);
      if (json.more !== true) return texts.join("\n");
      next = json.next;
    }
  };
  const [originals, consolidated, recalls] = await Promise.all(COLLECTIONS.map(whole));
  return { originals: originals ?? "", consolidated: consolidated ?? "", recalls: recalls ?? "" };
}
