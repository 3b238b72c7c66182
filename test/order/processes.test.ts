import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { formatInstant } from "../../server/shared/instant.ts";
import { realMoments } from "../../server/shared/moment.ts";
import { Accounts, Agencies, AgreementsIn, Orders } from "../../server/storage/collections.ts";
import { bumpRevision } from "../../server/usecases/policy-revision.ts";
import { demonstrationGroup } from "../support/demonstration.ts";
import { drawn } from "../support/drawn.ts";
import { type OwnStore, ownStore } from "../support/temporary-store.ts";
import { READERS } from "./history.ts";
import { callerOf, Shared } from "./processes/open.ts";
import type { Line } from "./processes/poll.ts";

jest.setTimeout(180_000);

const DAY = 86_400_000;
const BATCHES = drawn(30, 8);
const PAGE = 4;
const runner = resolve(process.cwd(), "test/support/run-typescript.cjs");
const script = (name: string): string => resolve(process.cwd(), `test/order/processes/${name}.ts`);

let store: OwnStore;
beforeAll(async () => {
  store = await ownStore();
});
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await store.remove();
});

function start(name: string, ...args: string[]): { child: ChildProcess; ended: Promise<unknown> } {
  const child = spawn(process.execPath, [runner, script(name), JSON.stringify(store.settings), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return { child, ended: once(child, "close") };
}

/** A client that keeps what it was told in whole lines, whatever becomes of its process. */
class Client {
  readonly got: string[] = [];
  readonly #account: string;
  readonly #by: string;
  #last = "{}";
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  starts = 0;

  constructor(account: string, by: "next" | "after") {
    this.#account = account;
    this.#by = by;
  }

  start(): void {
    this.starts++;
    const { child, ended } = start("poll", this.#account, this.#by, String(PAGE), this.#last);
    this.#child = child;
    this.#ended = ended;
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      const lines = (text + part).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        this.got.push(...(JSON.parse(line) as Line).ids);
        this.#last = line;
      }
    });
  }

  get runs(): boolean {
    return this.#child?.exitCode === null;
  }

  /** As a power cut would. */
  async killed(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child?.exitCode ?? null;
  }
}

test("four processes that post, release and withdraw, two that follow with small pages, one of them killed and begun again – on one store – each follower ends with exactly what it may see, each once, and is recalled what it had", async () => {
  const shared = await Shared.open(store.settings);
  const { agencies, accounts, agreements, orders } = await demonstrationGroup();
  const { now } = realMoments();
  await shared.core.storage.transaction(async (unit) => {
    await unit.collection(Agencies).insert(agencies);
    await unit.collection(Accounts).insert([...accounts, ...READERS]);
    await unit.collection(AgreementsIn).insert(agreements);
    await unit.collection(Orders).insert(
      orders.map(({ days, ...order }) => ({
        ...order,
        sample: 0,
        from: formatInstant(now - DAY),
        until: formatInstant(now + days * DAY),
      })),
    );
    await bumpRevision(unit);
  });
  const clients = [new Client("reads-npa", "next"), new Client("reads-kisa", "after")];
  for (const client of clients) client.start();
  const posting = ["feed-US-FBI", "feed-US-TREAS"].map((name) => start("write", "post", name, String(BATCHES)));
  const releasing = start("write", "release", "release");
  const withdrawing = start("write", "withdraw", "withdraw");
  for (const client of clients) {
    while (client.got.length < 15 && client.runs) await pause(10);
    await client.killed();
    client.start();
  }
  await Promise.all(posting.map(({ ended }) => ended));
  writeFileSync(join(store.folder, "posted"), "");
  await releasing.ended;
  writeFileSync(join(store.folder, "released"), "");
  await withdrawing.ended;
  writeFileSync(join(store.folder, "done"), "");
  expect([...posting, releasing, withdrawing].map(({ child }) => child.exitCode)).toEqual([0, 0, 0, 0]);
  for (const [i, client] of clients.entries()) {
    expect(await client.ended()).toBe(0);
    expect(client.starts).toBe(2);
    const account = ["reads-npa", "reads-kisa"][i] ?? "";
    const whole = await shared.collections.page(callerOf(account), realMoments(), {
      collection: "originals",
      limit: 10_000,
      bodies: false,
    });
    const visible = whole.entries.map(({ id }) => id).filter((id) => id.startsWith("tool--"));
    const got = client.got.filter((id) => id.startsWith("tool--"));
    expect(got.length).toBe(new Set(got).size);
    expect(visible.filter((id) => !got.includes(id))).toEqual([]);
    expect(visible.length).toBeGreaterThan(2 * BATCHES * 2);
    const recalls = await shared.collections.page(callerOf(account), realMoments(), {
      collection: "recalls",
      limit: 10_000,
      bodies: true,
    });
    const recalled = recalls.entries.flatMap(({ text }) => (JSON.parse(text) as { object_refs: string[] }).object_refs);
    const lost = got.filter((id) => !visible.includes(id));
    // A page is recorded before it leaves: what the killed process was about to say, and was withdrawn before the next one asked, counts as given.
    const unsaid = recalled.filter((id) => !got.includes(id));
    expect(unsaid.length).toBeLessThanOrEqual(PAGE);
    expect(unsaid.filter((id) => visible.includes(id))).toEqual([]);
    expect(recalled.sort()).toEqual([...lost, ...unsaid].sort());
  }
  await shared.close();
});
