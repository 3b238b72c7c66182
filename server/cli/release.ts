import type { Command } from "commander";
import { ObjectId } from "../../schemas/api/objects.ts";
import {
  DecideBody,
  EmergencyBody,
  NarrowBody,
  OnwardBody,
  OnwardQuery,
  ProposeBody,
  RecallBody,
  ReleaseQuery,
  TakeBackBody,
} from "../../schemas/api/releases.ts";
import { type Core, composeContent, composeReleases } from "../compose.ts";
import type { ReleaseUseCases } from "../http/api/releases.ts";
import type { Verb } from "../http/verbs.ts";
import { EMERGENCY_CODES, RELEASE_VERBS, type ReleaseVerbName } from "../policy/release-machine.ts";
import { Fault } from "../shared/fault.ts";
import { realMoments } from "../shared/moment.ts";
import type { Content } from "../usecases/content.ts";
import type { Who } from "../usecases/release-parts.ts";
import { actAs } from "./act-as.ts";
import { checked, given } from "./triage.ts";

type Options = Readonly<Record<string, string | undefined>> & { readonly as: string };

/** A row as JSON: `{"agreement":"TRI","countries":["JPN"],"agencies":"*"}`; the body's schema checks what is in it. */
function rowOf(text: string | undefined, option: string): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault("bad_request", `--${option} is no JSON: {"agreement":"TRI","countries":["JPN"],"agencies":"*"}`, {
      code: "command.row",
      cause,
    });
  }
}

const asJson = (value: unknown): string => JSON.stringify(value, null, 2);

/** `tricord release …`: the release machine, as an account; what a decision binds to is the hash that `show` (or `object`) prints. */
export function addReleaseCommands(
  program: Command,
  open: () => Promise<Core>,
  print: (text: string) => void = (text) => void process.stdout.write(`${text}\n`),
): void {
  const release = program
    .command("release")
    .description("Releases: proposals, decisions, what is taken back, emergencies");
  interface Use extends ReleaseUseCases {
    readonly content: Content;
  }
  const run = async (as: string, verb: Verb, work: (use: Use, who: Who) => Promise<unknown>): Promise<void> => {
    const core = await open();
    try {
      const { content } = composeContent(core, realMoments);
      const { viewer, moment } = await actAs(core, as, verb);
      const done = await work({ ...composeReleases(core, content), content }, { viewer, account: viewer.id, moment });
      print(typeof done === "string" ? done : asJson(done));
    } finally {
      await core.storage.close();
    }
  };
  const command = (name: string, what: "<object>" | "<release>" | undefined, words: string): Command => {
    const made = release.command(name).description(words).requiredOption("--as <account>", "who does it");
    return what === undefined ? made : made.argument(what, what === "<object>" ? "the object's id" : "the release");
  };
  const said = (made: Command, verb: ReleaseVerbName | "emergency"): Command => {
    const codes: readonly string[] = verb === "emergency" ? EMERGENCY_CODES : RELEASE_VERBS[verb].codes;
    return made
      .requiredOption("--hash <hash>", "what you looked at")
      .requiredOption("--reason <text>", "why, in words")
      .option("--code <code>", codes.join(", "));
  };

  command("object", "<object>", "your agency's label of an object, and the hash that a proposal binds to").action(
    (object: string, { as }: Options) =>
      run(as, "read", async ({ content }, who) => {
        const { hash, label } = await content.one(who.viewer, who.moment, checked(ObjectId, object));
        return { hash, label };
      }),
  );

  said(command("propose", "<object>", "propose a row for your agency's contributions to an object"), "propose")
    .requiredOption("--row <json>", "agreement, countries, agencies, until")
    .option("--inside <which>", "of a PUBLIC row: own, or all that you see contributed")
    .action((object: string, { as, row, ...rest }: Options) =>
      run(as, "propose", async ({ releases }, who) => {
        const body = checked(ProposeBody, { ...given(rest), row: rowOf(row, "row") });
        return releases.propose({ ...who, object: checked(ObjectId, object), ...body });
      }),
    );

  command("list", undefined, "releases of your country's content that you may see")
    .option("--status <status>", "proposed, in-clearance, released, refused, expired, narrowed, recalled", "proposed")
    .option("--limit <n>", "of a page", "100")
    .option("--next <cursor>", "the page after")
    .action(({ as, ...filters }: Options) =>
      run(as, "propose", async ({ releases }, who) => {
        const { status, limit, next } = checked(ReleaseQuery, given(filters));
        const ask = { status: status ?? ("proposed" as const), limit: Number(limit ?? "100"), next };
        return releases.list(who.viewer, who.moment, ask);
      }),
    );

  command("show", "<release>", "one release, with the hash that a decision binds to").action(
    (id: string, { as }: Options) =>
      run(as, "propose", async ({ releases }, who) => releases.show(who.viewer, who.moment, id)),
  );

  for (const [verb, words] of [
    ["clear", "take a proposal up for clearance"],
    ["approve", "release it: another person than its proposer and its author"],
    ["refuse", "refuse it"],
  ] as const)
    said(command(verb, "<release>", words), verb)
      .option("--say <text>", "what somebody who asked from abroad is told")
      .action((id: string, { as, ...rest }: Options) =>
        run(as, "triage", async ({ releases }, who) =>
          releases.decide({ ...who, release: id, verb, ...checked(DecideBody, given(rest)) }),
        ),
      );

  said(command("narrow", "<release>", "leave less of a released row, at once"), "narrow")
    .requiredOption("--to <json>", "what is left of the row")
    .action((id: string, { as, to, ...rest }: Options) =>
      run(as, "propose", async ({ back }, who) =>
        back.release({ ...who, release: id, ...checked(NarrowBody, { ...given(rest), to: rowOf(to, "to") }) }),
      ),
    );
  said(command("recall", "<release>", "take a released row back, at once"), "recall").action(
    (id: string, { as, ...rest }: Options) =>
      run(as, "propose", async ({ back }, who) =>
        back.release({ ...who, release: id, ...checked(RecallBody, given(rest)) }),
      ),
  );
  said(command("take-back", "<object>", "take back a row that is on, whoever turned it on"), "recall")
    .requiredOption("--row <json>", "the row")
    .option("--to <json>", "what is left of it; nothing where it is not said")
    .action((object: string, { as, row, to, ...rest }: Options) =>
      run(as, "propose", async ({ back }, who) => {
        const left = to === undefined ? {} : { to: rowOf(to, "to") };
        const { to: asked, ...body } = checked(TakeBackBody, { ...given(rest), row: rowOf(row, "row"), ...left });
        return back.row({
          ...{ ...who, object: checked(ObjectId, object), ...body },
          ...(asked === undefined ? {} : { to: asked }),
        });
      }),
    );

  said(command("emergency", "<object>", "release what is class P0 for an hour, by one person"), "emergency")
    .requiredOption("--row <json>", "with its agencies by name")
    .action((object: string, { as, row, ...rest }: Options) =>
      run(as, "triage", async ({ emergencies }, who) => {
        const body = checked(EmergencyBody, { ...given(rest), row: rowOf(row, "row") });
        return emergencies.release({ ...who, object: checked(ObjectId, object), ...body });
      }),
    );

  command("ask", "<object>", "ask its originators to let others have it until a date")
    .requiredOption("--row <json>", "with until")
    .requiredOption("--reason <text>", "why, in words")
    .action((object: string, { as, row, ...rest }: Options) =>
      run(as, "propose", async ({ onward }, who) => {
        const body = checked(OnwardBody, { ...given(rest), object, row: rowOf(row, "row") });
        return { requests: await onward.ask({ ...who, ...body }) };
      }),
    );
  command("asked", undefined, "your requests and their outcome")
    .option("--limit <n>", "of a page", "100")
    .option("--next <cursor>", "the page after")
    .action(({ as, ...filters }: Options) =>
      run(as, "propose", async ({ onward }, who) => {
        const { limit, next } = checked(OnwardQuery, given(filters));
        return onward.list(who.viewer, who.moment, { limit: Number(limit ?? "100"), next });
      }),
    );
}
