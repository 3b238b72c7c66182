import type { OnwardReply } from "../../schemas/api/releases.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { ONWARD, stateAt } from "../policy/release-machine.ts";
import { checkRow } from "../policy/release-rows.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Releases as ReleasesIn } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { afterWorkingDays } from "../triage/calendar.ts";
import { notThere, seenUnder } from "./read-one.ts";
import { openPlace, sealPlace } from "./release-own.ts";
import { type ReleaseParts, rowOfRelease, type Who } from "./release-parts.ts";
import { showsSource } from "./render.ts";
import type { Row, Sight } from "./sight.ts";

type AskedRow = NonNullable<ReleaseDoc["row"]>;

/** Shown on one page, at most. */
const MOST = 500;

const bad = (code: string, path: string, message: string): Fault => new Fault("unprocessable", message, { code, path });

/** A request as its sender sees it: a refusal and silence look alike, and there is no reason but the originator's own word (policy Q42). */
function replyOf(release: ReleaseDoc, now: number): OnwardReply {
  const state = stateAt(release, now);
  const waits = state === "proposed" || state === "in-clearance";
  const granted = state === "released" || state === "narrowed" || state === "recalled";
  return {
    request: release.id,
    object: release.object,
    row: rowOfRelease(release),
    reason: release.reason,
    askedBy: release.proposedBy,
    askedAt: formatInstant(release.proposedAt),
    decidedBefore: formatInstant(release.expires ?? release.proposedAt),
    outcome: granted ? "granted" : waits ? "waiting" : "not granted",
    ...(release.say === undefined ? {} : { say: release.say }),
  };
}

/** Requests that one person may make a day. */
const A_DAY = 50;
const DAY = 86_400_000;

/** One asks once, and not without end. Judged by the asker's own requests alone, so that it tells nothing of others' (policy 7). */
async function boundedAsking(unit: Unit, requests: readonly ReleaseDoc[], { account, moment }: Who): Promise<void> {
  const held = await unit
    .collection(ReleasesIn)
    .scan({ index: "asked", prefixes: [[account, "onward"]], reverse: true, limit: 10 * A_DAY });
  const what = ({ contributions, row }: ReleaseDoc): string => JSON.stringify([contributions, row]);
  const waits = (one: ReleaseDoc): boolean => ["proposed", "in-clearance"].includes(stateAt(one, moment.now));
  const open = new Set(held.filter(waits).map(what));
  if (requests.some((one) => open.has(what(one))))
    throw new Fault("conflict", "you have asked this already, and it is not decided yet", {
      code: "onward.open",
      path: "object",
    });
  const today = new Set(
    held.filter(({ proposedAt }) => proposedAt > moment.now - DAY).map(({ proposedAt }) => proposedAt),
  );
  if (today.size >= A_DAY)
    throw new Fault("conflict", `${A_DAY} requests a day are all that one person makes`, { code: "onward.quota" });
}

/**
 * Requests to the originator to let others have what one was given (triage 3; policy Q40 to Q42). Its releaser decides as on any release; after five
 * working days at its capital it is not granted.
 */
export class Onward {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** One request an agency whose contribution the asker sees; gives their ids. */
  async ask(
    ask: Who & { readonly object: string; readonly row: AskedRow; readonly reason: string },
  ): Promise<string[]> {
    const { storage, content, audit } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const seen = await seenUnder(sight, ask.object);
    if (seen === undefined) throw notThere();
    const { side } = sight;
    const { snapshot } = sight;
    const others = seen.rows.filter((row) => !sight.ownRow(row));
    if (side === undefined || others.length === 0)
      throw bad("onward.own", "object", "it is your own agency's alone: propose its release");
    if (ask.row.agreement === "PUBLIC")
      throw bad(
        "onward.public",
        "row.agreement",
        "onward release is to listed countries; PUBLIC is proposed as a release",
      );
    if (ask.row.until === undefined)
      throw bad("onward.until", "row.until", "an onward release is until a date: say until when");
    const requests: ReleaseDoc[] = [];
    for (const { rows, shown } of this.#senders(others, sight)) {
      const [first] = rows;
      const agency = first?.originator ?? "";
      const country = snapshot.agencies.get(agency)?.country;
      if (country === undefined) continue;
      const world = { agencies: snapshot.agencies, agreements: snapshot.agreements, at: formatInstant(snapshot.at) };
      // Whose it is must not show in what is wrong with the row, nor in the capital by which the days are counted.
      const problem = checkRow(ask.row, {
        ...world,
        originatorCountry: shown ? country : (sight.viewer.country ?? ""),
      });
      if (problem !== undefined && (shown || problem.code !== "label.country_not_party"))
        throw bad(problem.code, problem.path, problem.message);
      requests.push({
        id: uuid4(ask.moment),
        kind: "onward",
        contributions: [...new Set(rows.map((row) => row.contribution))].sort(),
        object: ask.object,
        agency,
        country,
        row: ask.row,
        reason: ask.reason,
        code: "asked-for",
        hash: "",
        status: "proposed",
        proposedBy: ask.account,
        proposedAt: ask.moment.now,
        expires: afterWorkingDays(ask.moment.now, ONWARD.decide, shown ? country : (sight.viewer.country ?? country)),
        askedBy: side,
      });
    }
    await storage.transaction(async (unit) => {
      await boundedAsking(unit, requests, ask);
      await unit.collection(ReleasesIn).insert(requests);
      const detail = { requests: requests.map(({ id }) => id) };
      const { revision, at } = snapshot;
      await audit.append(unit, { actor: ask.account, revision, at, what: "release.onward-asked", detail });
    });
    return requests.map(({ id }) => id);
  }

  /** By agency; what withholds its source stands alone, so that nobody can tell which come from one. */
  #senders(rows: readonly Row[], sight: Sight): { rows: Row[]; shown: boolean }[] {
    const senders = new Map<string, { rows: Row[]; shown: boolean }>();
    for (const row of rows) {
      const label = sight.admission.lanes.get(row.lane)?.entry.label;
      if (label === undefined) continue;
      const shown = showsSource(label, sight.viewer);
      const key = shown ? row.originator : row.contribution;
      const held = senders.get(key) ?? { rows: [], shown };
      held.rows.push(row);
      senders.set(key, held);
    }
    return [...senders.values()];
  }

  /** A page of one's own requests, oldest first. */
  async list(
    viewer: Viewer,
    moment: Moment,
    { limit = MOST, next }: { readonly limit?: number; readonly next?: string | undefined },
  ): Promise<{ requests: OnwardReply[]; next?: string }> {
    const { storage, content, cursorKey } = this.#parts;
    const { snapshot } = await content.sight(viewer, moment, "api");
    const asked = sha256(JSON.stringify(["onward", viewer.id]));
    const after = openPlace(cursorKey, asked, next);
    const held = await storage.collection(ReleasesIn).scan({
      index: "asked",
      prefixes: [[viewer.id, "onward"]],
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    });
    const page = held.slice(0, limit);
    const last = page.at(-1);
    const requests = page.map((release) => replyOf(release, snapshot.at));
    return held.length > limit && last !== undefined
      ? { requests, next: sealPlace(cursorKey, asked, { value: last.proposedAt, id: last.id }) }
      : { requests };
  }
}
