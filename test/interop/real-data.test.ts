import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { endScripts } from "../../bench/python-script.ts";
import { drawn } from "../support/drawn.ts";
import { endAll, RealServer } from "../support/real-server.ts";
import { TRI } from "../support/samples.ts";
import { withPython } from "../support/with-python.ts";
import {
  ACCOUNTS,
  byKey,
  CLIENTS,
  type Client,
  COLLECTIONS,
  connect,
  content,
  keys,
  newest,
  overRest,
  type Pulled,
} from "./group.ts";

jest.setTimeout(600_000);

const DATA = process.env.TRICORD_REAL_DATA ?? resolve(process.cwd(), "../shared/data");
/** A part of the real data that is quick to load; all of it is `npm run bench -- taxii-real`. */
const SETS = [
  { agency: "US-CISA", paths: ["attack-dprk/bundle.json"] },
  { agency: "US-FBI", paths: ["volexity"] },
  { agency: "JP-JAFIC", paths: ["wallets-public"] },
  { agency: "KR-KNPA", paths: ["tweetfeed/stix/today.json"], hidden: true },
] as const;

const filesOf = (path: string): string[] =>
  /\.[a-z]+$/.test(path)
    ? [path]
    : readdirSync(join(DATA, path), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".csv"))
        .sort()
        .map((name) => join(path, name));

/** On the stand-in for MongoDB the small ones. */
const isTaken = (file: string): boolean =>
  statSync(join(DATA, file)).size <= drawn(Number.POSITIVE_INFINITY, 6000, 200_000);

if (existsSync(DATA)) withPython("real data through the TAXII clients of Python", suite);
else
  test("real data through the TAXII clients of Python – TRICORD_REAL_DATA is absent – did not run", () => {
    console.warn("real data through the TAXII clients of Python: DID NOT RUN, there is no TRICORD_REAL_DATA");
  });

function suite(python: string): void {
  let server: RealServer;
  beforeAll(async () => {
    server = await RealServer.start();
    for (const { agency, paths, ...rest } of SETS)
      for (const file of paths.flatMap(filesOf).filter(isTaken)) {
        const label = "hidden" in rest ? undefined : { tlp: "GREEN", releases: [TRI] };
        const { status, text } = await server.ingest(`feed-${agency}`, readFileSync(join(DATA, file)), label);
        if (status !== 200) throw new Error(`${file} was answered ${status}: ${text.slice(0, 300)}`);
      }
  });
  afterAll(async () => {
    await endScripts();
    await endAll();
  });

  test.each(ACCOUNTS.flatMap((account) => COLLECTIONS.map((collection) => [account, collection] as const)))(
    "pull – as %s of %s by each client, 1,000 a page, each page twice – what REST says",
    async (account, collection) => {
      const rest = await overRest(server, account, collection);
      expect(rest.length).toBeGreaterThan(drawn(2000, 100, 100));
      const versions = collection === "originals" ? { version: "all" } : {};
      // Folds take long to make: one client's requests for them will do here, the bench sends those of all.
      const clients = collection === "originals" ? (Object.keys(CLIENTS) as Client[]) : (["taxii2-client"] as const);
      for (const client of clients) {
        const script = connect(python, client, server, account);
        const filters = client === "cytaxii2" ? {} : versions;
        const { objects } = await script.ask<Pulled>("pull", { collection, per_page: 1000, ...filters });
        expect({ client, told: new Set(keys(objects)).size }).toEqual({ client, told: objects.length });
        const wanted = client === "cytaxii2" && collection === "originals" ? newest(rest) : rest;
        expect({ client, keys: keys(content(objects), client) }).toEqual({ client, keys: keys(wanted, client) });
        if (client !== "stix2") expect(byKey(content(objects))).toEqual(byKey(wanted));
      }
    },
  );
}
