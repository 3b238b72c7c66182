import type { LabelRequest } from "../../schemas/policy/label.ts";
import { gainers } from "../policy/gains.ts";
import { labelText } from "../policy/label-text.ts";
import { PROPOSAL_LASTS } from "../policy/release-machine.ts";
import { mayPropose } from "../policy/release-rules.ts";
import { Fault } from "../shared/fault.ts";
import { uuid4 } from "../shared/moment.ts";
import { Releases as ReleasesIn } from "../storage/collections.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { staleContent, standingVersions } from "./edit-rules.ts";
import { eyesOf } from "./eyes.ts";
import { type LabelInPlace, labelInPlace } from "./label-in-place.ts";
import { mustBeOwnWords } from "./others-words.ts";
import { labelOfRow } from "./own-rows.ts";
import { postHash, rowOfPost } from "./post-token.ts";
import { notThere } from "./read-one.ts";
import { audienceOf } from "./readers-under.ts";
import { authorsOf, codeOf, partyOf, type ReleaseParts, sweepExpired, type Who } from "./release-parts.ts";
import type { Row, Sight } from "./sight.ts";

export interface RelabelAsk extends Who {
  readonly post: string;
  readonly label: LabelRequest;
  readonly reason: string;
  readonly hash: string;
  readonly code?: string | undefined;
}

/** Another label of one's own post by which somebody would gain: pending until a second person approves it, as any release (policy 1.6; 6, Q37 and Q39; triage 3). */
export class RelabelProposals {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /**
   * Proposes the label for every standing version of the post: its author, or a reviewer, who sees all of it. 409 `content.stale`; 409 `relabel.nobody_gains` for what an edit
   * does at once. Gives the release, which the release machine decides.
   */
  async propose(ask: RelabelAsk): Promise<{ release: string; widens: string[] }> {
    const { storage, content, audit } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const { row, versions } = await this.#versions(sight, ask);
    const code = codeOf("propose", ask.code);
    const steps: LabelInPlace[] = [];
    for (const one of versions) {
      const step = await labelInPlace(this.#parts, sight, one, ask.label, ask.account);
      if (labelText(step.before) !== labelText(step.wished)) steps.push(step);
    }
    const audience = audienceOf(sight.snapshot, sight.viewer);
    const widens = [...new Set(steps.flatMap(({ before, wished }) => gainers(before, wished, audience)))].sort();
    if (widens.length === 0)
      throw new Fault("conflict", "nobody would gain by it: edit the post, and it takes effect at once", {
        code: "relabel.nobody_gains",
        path: "label",
      });
    const wished = new Map(steps.map((step) => [step.contribution, step.wished]));
    const changed = versions.filter(({ contribution }) => wished.has(contribution));
    await mustBeOwnWords(storage, eyesOf(sight), changed, (label, one) => wished.get(one.contribution) ?? label);
    const release: ReleaseDoc = {
      id: uuid4(ask.moment),
      kind: "relabel",
      contributions: steps.map(({ contribution }) => contribution).sort(),
      relabels: steps.map(({ contribution, label, wished }) => ({ contribution, from: label, to: wished })),
      object: row.stixId,
      agency: row.originator,
      country: sight.viewer.country ?? "",
      reason: ask.reason,
      code,
      hash: ask.hash,
      status: "proposed",
      proposedBy: ask.account,
      proposedAt: ask.moment.now,
      expires: ask.moment.now + PROPOSAL_LASTS,
    };
    await storage.transaction(async (unit) => {
      await sweepExpired(unit, release.country, sight.snapshot.at);
      await unit.collection(ReleasesIn).insert([release]);
      const { revision, at } = sight.snapshot;
      const detail = { release: release.id, code };
      await audit.append(unit, { actor: ask.account, revision, at, what: "release.proposed", detail });
    });
    return { release: release.id, widens };
  }

  async #versions(sight: Sight, ask: RelabelAsk): Promise<{ row: Row; versions: readonly Row[] }> {
    const { storage, cursorKey } = this.#parts;
    const row = await rowOfPost(storage, sight, cursorKey, ask.post);
    const standing = row === undefined ? undefined : labelOfRow(sight, row);
    if (row === undefined || standing === undefined) throw notThere();
    if (standing.state === "withdrawn")
      throw new Fault("conflict", "it is withdrawn: post it again instead", { code: "edit.withdrawn" });
    if (ask.hash !== postHash(row)) throw staleContent();
    const versions = await standingVersions(sight, row);
    const cut = versions.flatMap((one) => one.cut);
    if (cut.length > 0)
      throw new Fault("forbidden", `you are not shown ${cut.join(", ")}: who sees all of it has to propose it`, {
        code: "edit.cut",
      });
    const proposer = partyOf(ask.account, sight.snapshot);
    if (proposer === undefined) throw notThere();
    if (!authorsOf(versions, sight.snapshot).every((author) => mayPropose(proposer, author)))
      throw new Fault("forbidden", "its author or a reviewer proposes it", { code: "release.not_author" });
    return { row, versions };
  }
}
