import type { Command } from "commander";
import type { z } from "zod";
import { BulkBody, QueueQuery, type ReviewReply } from "../../schemas/api/triage.ts";
import { type Core, composeContent, composeTriage } from "../compose.ts";
import type { Verb } from "../http/verbs.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import { QUALITY_TRANSITIONS, type QualityVerb } from "../triage/quality.ts";
import type { Triage, Who } from "../usecases/triage.ts";
import { actAs } from "./act-as.ts";

type Print = (text: string) => void;

/** What the schema of the same request over HTTP lets through; every problem in one fault. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the request"}: ${message}`);
  throw new Fault("bad_request", words.join("\n"), { code: "command.option" });
}

const shown = ({ review, state, class: of, title, hash }: ReviewReply): string =>
  `${review} ${of} ${state}${title === undefined ? "" : ` ${title}`}\nhash ${hash}`;

/** Without what was not said. */
export const given = (options: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(options).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

/** `review:hash`, as `show` prints both. */
function pair(text: string): { review: string; hash: string } {
  const [review = "", hash = ""] = text.split(":");
  if (review === "" || hash === "")
    throw new Fault("bad_request", "an item is given as review:hash", { code: "command.argument" });
  return { review, hash };
}

/** `tricord triage …`: the quality review, as an account; what a decision binds to is the hash that `show` prints. */
export function addTriageCommands(
  program: Command,
  open: () => Promise<Core>,
  print: Print = (text) => void process.stdout.write(`${text}\n`),
): void {
  const triage = program.command("triage").description("The quality review: what waits, claims, decisions");
  const run = async (as: string, verb: Verb, work: (use: Triage, who: Who) => Promise<string>): Promise<void> => {
    const core = await open();
    try {
      const { content } = composeContent(core, realMoments);
      const who = await actAs(core, as, verb);
      print(await work(composeTriage(core, content, realMoments), who));
    } finally {
      await core.storage.close();
    }
  };

  triage
    .command("queue")
    .description("what waits for review in the account's country, in the order in which to take it")
    .requiredOption("--as <account>", "the reviewer")
    .option("--class <class>", "P0, P1, P2 or P3")
    .option("--state <state>", "items in this state instead of what is open")
    .option("--originator <agency>", "posts of this agency")
    .option("--type <type>", "with an object of this STIX type")
    .option("--mine", "what the account has claimed")
    .option("--limit <n>", "items of a page", "50")
    .option("--next <cursor>", "the page after")
    .option("--json", "as JSON, with the score in its parts")
    .action(({ as, json, mine, ...filters }: Record<string, string> & { mine?: true; json?: true; as: string }) =>
      run(as, "triage", async (use, who) => {
        const query = checked(QueueQuery, { ...given(filters), ...(mine === true ? { mine: "true" } : {}) });
        const page = await use.queue(who, query);
        if (json === true) return JSON.stringify(page, null, 2);
        const lines = page.items.map(({ review, class: of, due, score, state, claim, title, originator }) =>
          [
            ...[review, of, due.decide ?? "-", score?.total.toFixed(1) ?? "-", state, originator],
            ...[claim === undefined ? "-" : `taken:${claim.by}`, title ?? ""],
          ].join("\t"),
        );
        return [...lines, ...(page.next === undefined ? [] : [`next ${page.next}`])].join("\n");
      }),
    );

  triage
    .command("show")
    .description("one item with its contents, its history and the hash that a decision binds to")
    .argument("<review>", "the item")
    .requiredOption("--as <account>", "the reader")
    .action((review: string, { as }: { as: string }) =>
      run(as, "post", async (use, who) => JSON.stringify(await use.show(who, review), null, 2)),
    );

  triage
    .command("claim")
    .description("take an item for 15 minutes, or renew that")
    .argument("<review>", "the item")
    .requiredOption("--as <account>", "the reviewer")
    .option("--give-back", "give it back instead")
    .action((review: string, { as, giveBack }: { as: string; giveBack?: true }) =>
      run(as, "triage", async (use, who) =>
        shown(await (giveBack === true ? use.release(who, review) : use.act(who, { review, verb: "claim" }))),
      ),
    );

  interface Said {
    readonly as: string;
    readonly hash?: string;
    readonly reason?: string;
    readonly words?: string;
    readonly of?: string;
    readonly by?: string;
  }
  const verb = (name: QualityVerb, description: string, link?: "of" | "by"): void => {
    const { reasons = [], hash = false } = QUALITY_TRANSITIONS.find((one) => one.verb === name) ?? {};
    const command = triage
      .command(name)
      .description(description)
      .argument("<review>", "the item")
      .requiredOption("--as <account>", "who does it")
      .option("--words <text>", "words for the history");
    if (hash) command.requiredOption("--hash <hash>", "what show printed");
    if (reasons.length > 0) command.requiredOption("--reason <code>", reasons.join(", "));
    if (link === "of") command.requiredOption("--of <object>", "the object that it is a duplicate of");
    if (link === "by") command.option("--by <review>", "the item that replaces it");
    command.action((review: string, { as, hash: seen, reason, words, of, by }: Said) =>
      run(as, name === "answer" ? "post" : "triage", async (use, who) => {
        const linked = of ?? by;
        const rest = {
          ...(seen === undefined ? {} : { hash: seen }),
          ...(reason === undefined ? {} : { reason }),
          ...(words === undefined ? {} : { words }),
          ...(linked === undefined ? {} : { link: linked }),
        };
        return shown(await use.act(who, { review, verb: name, ...rest }));
      }),
    );
  };
  verb("accept", "accept an item");
  verb("reject", "reject an item");
  verb("needs-info", "ask its poster a question: --words");
  verb("answer", "answer what was asked about a post of the account's agency: --words");
  verb("duplicate", "link an item to the object that it is a duplicate of", "of");
  verb("supersede", "close an item that another has replaced", "by");

  triage
    .command("bulk")
    .description("one verb on up to 100 items, each for itself")
    .argument("<verb>", "accept, reject, needs-info, duplicate or supersede")
    .argument("<item...>", "items as review:hash")
    .requiredOption("--as <account>", "the reviewer")
    .requiredOption("--reason <code>", "reason code")
    .option("--words <text>", "words for the history")
    .option("--of <object>", "for duplicate: of which object")
    .option("--dry-run", "say what would happen, and change nothing")
    .action((name: string, items: string[], { as, reason, words, of, dryRun }: Said & { dryRun?: true }) =>
      run(as, "triage", async (use, who) => {
        const optional = { ...(words === undefined ? {} : { words }), ...(of === undefined ? {} : { of }) };
        const body = { verb: name, reason, items: items.map(pair), dryRun: dryRun === true, ...optional };
        const { results } = await use.bulk(who, checked(BulkBody, body));
        return results
          .map(({ review, outcome, state, code, message }) =>
            [review, outcome, state ?? code, message ?? ""].join("\t"),
          )
          .join("\n");
      }),
    );
}
