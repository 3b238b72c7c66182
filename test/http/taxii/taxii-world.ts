import { Agent, request } from "node:http";
import type { TaxiiCollections } from "../../../schemas/taxii/collection.ts";
import type { TaxiiStatus } from "../../../schemas/taxii/status.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { START } from "../../support/steering.ts";
import { type Credential, TemporaryWorld, type WorldOptions } from "../../support/temporary-world.ts";

export const TYPE = "application/taxii+json;version=2.1";
export const ROOT = "/taxii2/dprk/";
export const OBJECTS = `${ROOT}collections/originals/objects/`;
export const MANIFEST = `${ROOT}collections/originals/manifest/`;

export interface Wire {
  readonly method?: string;
  /** As they are, in this order; nothing is added but the credential. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent without Content-Length, in pieces. */
  readonly chunked?: boolean;
  readonly credential?: Credential;
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
}

export interface Page {
  readonly more?: boolean;
  readonly next?: string;
  readonly objects?: readonly (StixJson & { readonly id: string })[];
}

/** A world with a TAXII client that sends exactly what it is told and no header more. */
export class TaxiiWorld {
  readonly world: TemporaryWorld;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #asked = 0;

  private constructor(world: TemporaryWorld) {
    this.world = world;
  }

  static async open(options: WorldOptions = {}): Promise<TaxiiWorld> {
    const world = await TemporaryWorld.open(options);
    return new TaxiiWorld(world);
  }

  /** One request as an account, a second after the one before. */
  ask(as: string, path: string, { method = "GET", headers = {}, body, chunked, credential }: Wire = {}): Promise<Got> {
    this.#asked++;
    this.world.at(START + this.#asked * 1000, `request ${this.#asked}`);
    const own = as === "" ? {} : this.world.credentials(as, credential ?? "token");
    const length = body === undefined || chunked === true ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      const sent = request(
        this.world.base,
        { method, path, agent: this.#agent, headers: { ...own, ...length, ...headers } },
        (res) => {
          const pieces: Buffer[] = [];
          res.on("data", (piece: Buffer) => pieces.push(piece));
          res.on("error", reject);
          res.on("end", () => {
            const bytes = Buffer.concat(pieces);
            const text = bytes.toString("utf8");
            const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
            resolve({ status: res.statusCode ?? 0, headers: res.headers as Got["headers"], body: bytes, json });
          });
        },
      );
      sent.on("error", reject);
      if (body !== undefined && chunked === true)
        for (let at = 0; at < body.length; at += 1000) sent.write(body.slice(at, at + 1000));
      sent.end(chunked === true ? undefined : body);
    });
  }

  /** Posts objects as an envelope, or a body as it is. */
  post(
    as: string,
    content: readonly StixJson[] | string | Uint8Array,
    { label, headers, ...wire }: Wire & { readonly label?: object } = {},
  ): Promise<Got> {
    return this.ask(as, OBJECTS, {
      method: "POST",
      body:
        typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify({ objects: content }),
      ...wire,
      headers: {
        "Content-Type": TYPE,
        Accept: TYPE,
        ...(label === undefined ? {} : { "Tricord-Label": JSON.stringify(label) }),
        ...headers,
      },
    });
  }

  /** Posts what must go in whole; gives the status. */
  async put(as: string, objects: readonly StixJson[], label?: object): Promise<TaxiiStatus> {
    const { status, body } = await this.post(as, objects, label === undefined ? {} : { label });
    const told = JSON.parse(body.toString("utf8")) as TaxiiStatus;
    if (status !== 202 || told.failure_count > 0 || told.status !== "complete")
      throw new Error(`${as} could not post: ${status} ${body.toString().slice(0, 500)}`);
    return told;
  }

  async page(as: string, query = "", path = OBJECTS): Promise<Page> {
    const { status, json, body } = await this.ask(as, `${path}${query}`);
    if (status !== 200) throw new Error(`${path}${query} answers ${status}: ${body.toString().slice(0, 300)}`);
    return json as Page;
  }

  /** All pages by `next`, with the same filters. */
  async all(as: string, query = "", path = OBJECTS): Promise<(StixJson & { readonly id: string })[]> {
    const found: (StixJson & { readonly id: string })[] = [];
    for (let next: string | undefined, pages = 0; pages < 500; pages++) {
      const filters = [query.replace(/^\?/, ""), ...(next === undefined ? [] : [`next=${encodeURIComponent(next)}`])];
      const page = await this.page(as, `?${filters.filter((one) => one !== "").join("&")}`, path);
      found.push(...(page.objects ?? []));
      if (page.more !== true) return found;
      next = page.next;
    }
    throw new Error(`${path} has no end`);
  }

  async ids(): Promise<Record<string, string>> {
    const { json } = await this.ask("u1", `${ROOT}collections/`);
    return Object.fromEntries(((json as TaxiiCollections).collections ?? []).map(({ alias = "", id }) => [alias, id]));
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.world.close();
  }
}
