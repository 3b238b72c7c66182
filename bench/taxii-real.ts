import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { openCore } from "../server/compose.ts";
import { readConfig } from "../server/config.ts";
import { endScripts, PythonScript, pythonWithClients, Refused } from "./python-script.ts";
import { foundPartners, loadSets } from "./real-data.ts";
import { ServerUnderTest } from "./server-under-test.ts";
import { freePort } from "./taxii-servers.ts";

/**
 * `npm run bench -- taxii-real`: everything of the real data in, each set as another agency, and through TAXII with each of the Python clients as four accounts out
 * again, 1,000 objects a page, every page's cursor tried twice and, after the server was killed and started again, once more. What comes out must be what
 * REST says that the account sees. Ends with 1 where it is not.
 */
const CLIENTS = { "taxii2-client": "drive_taxii2_client.py", cytaxii2: "drive_cytaxii2.py", stix2: "drive_stix2.py" };
type Client = keyof typeof CLIENTS;
const ACCOUNTS = ["u1", "j1", "feed-KR-KISA", "r3"] as const;
const COLLECTIONS = ["originals", "consolidated"] as const;
const PAGE = 1000;

interface Item {
  readonly id: string;
  readonly modified?: string;
  readonly created?: string;
}
interface Pulled {
  readonly pages: readonly number[];
  readonly cursors: readonly string[];
  readonly objects: readonly Item[];
}
/** One text an object version. stix2 writes times anew, so its are told as instants. */
/** Without the definitions of the reader's cuts of labels, under UUIDv5, which REST has on a route of their own. */
const content = (items: readonly Item[]): Item[] =>
  items.filter(({ id }) => !/^marking-definition--[0-9a-f]{8}-[0-9a-f]{4}-5/.test(id));
const keyOf = ({ id, modified, created }: Item, client?: Client): string => {
  const version = modified ?? created ?? "";
  return `${id} ${client === "stix2" && version !== "" ? new Date(version).toISOString() : version}`;
};

async function listed(server: ServerUnderTest, account: string, filters: Record<string, string>): Promise<Item[]> {
  const found: Item[] = [];
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...filters, ...(next !== undefined && { next }) });
    const reply = await fetch(`${server.url}/api/v1/objects?${query}`, { headers: server.headers(account) });
    const page = (await reply.json()) as { objects: readonly Item[]; next?: string };
    for (const { id, modified, created } of page.objects)
      found.push({ id, ...(modified !== undefined && { modified }), ...(created !== undefined && { created }) });
    next = page.next;
  } while (next !== undefined);
  return found;
}

/** What REST says that an account sees, but for RED, which leaves over pages and REST alone (policy 6). */
async function overRest(server: ServerUnderTest, account: string, view: string): Promise<Item[]> {
  const red = new Set((await listed(server, account, { view, tlp: "RED" })).map(({ id }) => id));
  return (await listed(server, account, { view })).filter(({ id }) => !red.has(id));
}

function newest(items: readonly Item[]): Item[] {
  const found = new Map<string, Item>();
  for (const item of items)
    if (Date.parse(item.modified ?? "1970-01-01") >= Date.parse(found.get(item.id)?.modified ?? "1970-01-01"))
      found.set(item.id, item);
  return [...found.values()];
}

/** Empty where both are the same, each once; else what differs. */
function difference(expected: readonly Item[], items: readonly Item[], client: Client): string {
  const rest = new Set(expected.map((item) => keyOf(item, client)));
  const got = new Set(items.map((item) => keyOf(item, client)));
  const missing = [...rest].filter((key) => !got.has(key));
  const more = [...got].filter((key) => !rest.has(key));
  const parts = [
    missing.length > 0 ? `${missing.length} missing (${missing.slice(0, 3).join("; ")})` : "",
    more.length > 0 ? `${more.length} more (${more.slice(0, 3).join("; ")})` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

export async function taxiiReal(): Promise<void> {
  const root = resolve(process.env.TRICORD_REAL_DATA ?? "../shared/data");
  const python = pythonWithClients();
  if (!existsSync(root) || python === undefined) {
    console.log(
      "did not run: the real data (TRICORD_REAL_DATA) or a Python with the clients (`node scripts/python.mjs`) is absent",
    );
    return;
  }
  let server = await ServerUnderTest.start(await freePort());
  const { folder } = server;
  await server.stop({ keep: true });
  const core = await openCore(readConfig({ DATA_DIR: folder }));
  await foundPartners(core);
  await loadSets(core, root, []);
  await core.storage.close();
  const start = async (): Promise<ServerUnderTest> => ServerUnderTest.start(await freePort(), {}, folder);
  server = await start();
  const scripts = new Map<string, PythonScript>();
  const connected = (client: Client, account: string): PythonScript => {
    const key = `${server.url} ${client} ${account}`;
    const script =
      scripts.get(key) ??
      new PythonScript(python, CLIENTS[client], [`${server.url}/taxii2/`, account, server.password(account)]);
    scripts.set(key, script);
    return script;
  };
  let wrong = 0;
  const judge = (what: string, started: number, count: number, differs: string): void => {
    if (differs !== "") wrong += 1;
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `${what}: ${count} objects, ${seconds.toFixed(1)} s: ${differs === "" ? "equal" : `DIFFERS: ${differs}`}`,
    );
  };
  const pulled: { client: Client; account: string; collection: string; was: Pulled }[] = [];
  for (const account of ACCOUNTS)
    for (const collection of COLLECTIONS) {
      const rest = await overRest(server, account, collection);
      console.log(`${account} reads ${rest.length} of ${collection} over REST`);
      for (const client of Object.keys(CLIENTS) as Client[]) {
        const started = performance.now();
        const asked = {
          collection,
          per_page: PAGE,
          brief: true,
          ...(collection === "originals" && { version: "all" }),
        };
        try {
          const was = await connected(client, account).ask<Pulled>("pull", asked);
          // cytaxii2 cannot ask for all versions, and gets the newest.
          const wanted = client === "cytaxii2" && collection === "originals" ? newest(rest) : rest;
          const repeated = was.objects.length - new Set(was.objects.map((item) => keyOf(item))).size;
          const differs = difference(content(wanted), content(was.objects), client);
          judge(`  ${client}`, started, was.objects.length, repeated > 0 ? `${differs} ${repeated} repeated` : differs);
          pulled.push({ client, account, collection, was });
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          judge(`  ${client}`, started, 0, error.message);
        }
      }
    }
  await server.stop({ keep: true, signal: "SIGKILL" });
  server = await start();
  for (const { client, account, collection, was } of pulled) {
    const started = performance.now();
    const versions = collection === "originals" ? { version: "all" } : {};
    const asked = { collection, per_page: PAGE, cursors: was.cursors, brief: true, ...versions };
    const again = await connected(client, account).ask<Pulled>("replay", asked);
    // stix2 tells no order; that its pages are as long as before is what can be seen.
    const pages = again.pages.join() === was.pages.slice(1).join() ? "" : `pages of ${again.pages.join()}`;
    const differs = client === "stix2" ? pages : difference(was.objects.slice(was.pages[0]), again.objects, client);
    judge(
      `after a restart, the cursors of ${client} as ${account} of ${collection}`,
      started,
      again.objects.length,
      differs,
    );
  }
  await endScripts();
  await server.stop();
  console.log(wrong === 0 ? "all equal" : `${wrong} differ`);
  if (wrong > 0) process.exitCode = 1;
}
