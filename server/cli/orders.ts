import type { Command } from "commander";
import { OrderBody, OrderDecision, OrderStop, SampleQuery } from "../../schemas/api/orders.ts";
import { type Core, composeContent, composeOrders } from "../compose.ts";
import type { OrderUseCases } from "../http/api/orders.ts";
import type { Verb } from "../http/verbs.ts";
import { realMoments } from "../shared/moment.ts";
import type { Who } from "../usecases/release-parts.ts";
import { actAs } from "./act-as.ts";
import { checked, given } from "./triage.ts";

type Options = Readonly<Record<string, string | undefined>> & { readonly as: string };
const words = (list: string | undefined): string[] | undefined =>
  list?.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));

/** `tricord orders …`: standing release orders and their samples, as an account; what is signed or looked at is what the hash says. */
export function addOrdersCommands(
  program: Command,
  open: () => Promise<Core>,
  print: (text: string) => void = (text) => void process.stdout.write(`${text}\n`),
): void {
  const orders = program
    .command("orders")
    .description("Standing release orders of feeds, and the samples a human looks at");
  const run = async (
    as: string,
    verb: Verb,
    work: (use: OrderUseCases, who: Who) => Promise<unknown>,
  ): Promise<void> => {
    const core = await open();
    try {
      const { content } = composeContent(core, realMoments);
      const { viewer, moment } = await actAs(core, as, verb);
      print(JSON.stringify(await work(composeOrders(core, content), { viewer, account: viewer.id, moment }), null, 2));
    } finally {
      await core.storage.close();
    }
  };
  const command = (name: string, what: string | undefined, description: string): Command => {
    const made = orders.command(name).description(description).requiredOption("--as <account>", "who does it");
    return what === undefined ? made : made.argument(what);
  };

  command("list", undefined, "the orders of your agency").action(({ as }: Options) =>
    run(as, "propose", async ({ orders: use }, { viewer, moment }) => ({ orders: await use.list(viewer, moment) })),
  );
  command("show", "<order>", "one order, with the hash that a signature binds to").action(
    (id: string, { as }: Options) =>
      run(as, "propose", ({ orders: use }, { viewer, moment }) => use.show(viewer, moment, id)),
  );
  command("propose", undefined, "propose an order: up to GREEN, class U, 90 days")
    .requiredOption("--accounts <list>", "feeds of your agency, with commas between")
    .requiredOption("--agreements <list>", "with commas between")
    .requiredOption("--ceiling <n>", "objects a UTC day, for each country")
    .requiredOption("--reason <text>", "why, in words")
    .option("--kinds <list>", "STIX types, with commas between (default: all)")
    .option("--tlp <level>", "CLEAR or GREEN", "GREEN")
    .option("--days <n>", "how long it is in force once it is signed", "90")
    .action(({ as, accounts, agreements, kinds, tlp, days, ceiling, reason }: Options) =>
      run(as, "propose", ({ orders: use }, who) => {
        const body = {
          ...{ accounts: words(accounts), agreements: words(agreements), tlpUpTo: tlp, reason },
          ...{ days: Number(days), ceiling: Number(ceiling) },
          ...(kinds === undefined ? {} : { kinds: words(kinds) }),
        };
        return use.propose({ ...who, order: checked(OrderBody, body) });
      }),
    );
  for (const [verb, description] of [
    ["sign", "sign an order: a releaser of the agency, another person than who proposed it"],
    ["refuse", "refuse an order"],
  ] as const)
    command(verb, "<order>", description)
      .requiredOption("--hash <hash>", "what show printed")
      .requiredOption("--reason <text>", "why, in words")
      .action((id: string, { as, ...rest }: Options) =>
        run(as, "approve", ({ orders: use }, who) =>
          use.decide({ ...who, order: id, verb, ...checked(OrderDecision, given(rest)) }),
        ),
      );
  command("stop", "<order>", "stop an order: it turns on nothing from now on")
    .requiredOption("--reason <text>", "why, in words")
    .action((id: string, { as, ...rest }: Options) =>
      run(as, "propose", ({ orders: use }, who) => use.stop({ ...who, order: id, ...checked(OrderStop, given(rest)) })),
    );
  command("samples", undefined, "what orders would have released and a human has to see first")
    .option("--status <status>", "waiting, passed or failed", "waiting")
    .option("--limit <n>", "of a page", "100")
    .option("--next <cursor>", "the page after")
    .action(({ as, ...filters }: Options) =>
      run(as, "triage", ({ samples }, { viewer, moment }) => {
        const { status, limit, next } = checked(SampleQuery, given(filters));
        return samples.list(viewer, moment, { status: status ?? "waiting", limit: Number(limit ?? "100"), next });
      }),
    );
  for (const [verb, description] of [
    ["pass", "seen and right: its rows are turned on"],
    ["fail", "seen and wrong: the third failure stops the order"],
  ] as const)
    command(verb, "<sample>", description)
      .requiredOption("--hash <hash>", "what samples printed")
      .requiredOption("--reason <text>", "why, in words")
      .action((id: string, { as, ...rest }: Options) =>
        run(as, "triage", ({ samples }, who) =>
          samples.decide({ ...who, sample: id, verb, ...checked(OrderDecision, given(rest)) }),
        ),
      );
}
