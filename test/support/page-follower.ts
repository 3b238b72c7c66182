import { type Item, taxii } from "./pollers.ts";
import type { RealServer } from "./real-server.ts";

/** Follows `originals` by date, a page at a time, and keeps what it was given, whatever becomes of the server. */
export class PageFollower {
  /** `id modified` of each object, in the order in which they came; markings are left out. */
  readonly got: string[] = [];
  readonly #as: string;
  #after: string | undefined;

  constructor(as: string) {
    this.#as = as;
  }

  /** One page: whether there may be more, or that the server said to come again later. A page that did not come whole was not given. */
  async step(server: RealServer, limit = 1000): Promise<"more" | "none" | "later"> {
    const query = { limit: String(limit), ...(this.#after === undefined ? {} : { added_after: this.#after }) };
    const { status, json, last, text } = await taxii(server, this.#as, "collections/originals/objects/", { query });
    if (status === 503) return "later";
    if (status !== 200) throw new Error(`${this.#as}: a page answers ${status}: ${text.slice(0, 300)}`);
    const objects = json.objects ?? [];
    const version = ({ id, modified = "" }: Item): string => `${id} ${modified}`;
    this.got.push(...objects.filter(({ type }) => type !== "marking-definition").map(version));
    this.#after = last ?? this.#after;
    return objects.length > 0 ? "more" : "none";
  }

  async catchUp(server: RealServer): Promise<void> {
    for (;;) {
      const told = await this.step(server);
      if (told === "later") throw new Error(`${this.#as}: a page answers 503`);
      if (told === "none") return;
    }
  }

  /** What it was given of these ids, each as often as it was given. */
  of(ids: ReadonlySet<string>): string[] {
    return this.got.flatMap((version) => version.split(" ")[0] ?? []).filter((id) => ids.has(id));
  }
}
