import type { TearLineList, TearLineMade } from "../../schemas/api/tear-lines.ts";
import type { Label, LabelRequest, ReleaseRow } from "../../schemas/policy/label.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { tearLineOf } from "../pipeline/tear-line.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { rowWithin } from "../policy/narrow.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { uuid4 } from "../shared/moment.ts";
import { Rows, TearLines as TearLinesIn } from "../storage/collections.ts";
import type { TearLineDoc } from "../storage/release-documents.ts";
import { contentHash } from "./content-hash.ts";
import type { EditParts } from "./edit-mine.ts";
import { staleContent } from "./edit-rules.ts";
import { eyesOf } from "./eyes.ts";
import { ingestBatch } from "./ingest-batch.ts";
import { asPublic, mustBeOwnWords } from "./others-words.ts";
import { labelOfRow } from "./own-rows.ts";
import { postHash, postToken } from "./post-token.ts";
import { ownOf } from "./release-own.ts";
import type { Who } from "./release-parts.ts";
import { objectOf, type Row, type Sight } from "./sight.ts";

export interface TearLineAsk extends Who {
  /** The parent, as the caller sees it. */
  readonly object: string;
  readonly tearLine: StixJson;
  readonly label: LabelRequest;
  readonly reason: string;
  /** The parent's content hash. */
  readonly hash: string;
}

const ONLY = "only its originator writes a tear-line of it, and knows of those there are";

/** Sanitised siblings of one's own agency's objects (policy 5): objects of their own, which nothing but a record on the parent's side links to what they were torn from. */
export class TearLines {
  readonly #parts: EditParts;

  constructor(parts: EditParts) {
    this.#parts = parts;
  }

  async #parents(
    ask: Pick<TearLineAsk, "viewer" | "moment" | "object">,
  ): Promise<{ sight: Sight; rows: Row[]; hash: string }> {
    const sight = await this.#parts.content.sight(ask.viewer, ask.moment, "api");
    const { own } = await ownOf(sight, ask.object, ONLY);
    return { sight, rows: own.rows, hash: own.hash };
  }

  /**
   * Posts a tear-line: the caller is shown all of the parent. A row that a post's own would be on is on only where the parent's is; the rest waits for a second person, as any release. 422
   * `tear_line.pairs` where it copies what would tell whose sibling it is; 409 for a stale hash, and for what the agency has said already.
   */
  async make(ask: TearLineAsk): Promise<TearLineMade> {
    const { sight, rows, hash } = await this.#parents(ask);
    const cut = rows.flatMap((row) => row.cut);
    if (cut.length > 0)
      throw new Fault("forbidden", `you are not shown ${cut.join(", ")}: who sees all of it has to write it`, {
        code: "edit.cut",
      });
    if (hash !== ask.hash) throw staleContent();
    await mustBeOwnWords(this.#parts.storage, eyesOf(sight), rows, asPublic);
    const made = tearLineOf(ask.tearLine, rows.map(objectOf), { uuid: uuid4(ask.moment), now: ask.moment.now });
    if ("problem" in made) {
      const { code, path, message } = made.problem;
      throw new Fault("unprocessable", message, { code, path: path === "" ? "object" : `object.${path}` });
    }
    const parents = rows.flatMap((row) => labelOfRow(sight, row) ?? []);
    let label: Label | undefined;
    const settle = (bound: Label): Label => {
      label = normaliseLabel({ ...bound, releases: bound.releases.map((row) => onAsParents(row, parents)) });
      return label;
    };
    const { object } = made;
    let contribution: string | undefined;
    const { results } = await ingestBatch(
      this.#parts,
      [{ index: 0, object }],
      {
        account: ask.account,
        label: { request: ask.label, settle },
        channel: "rest",
        keepRejected: false,
        dryRun: false,
        also: async (unit, stored) => {
          [contribution] = stored;
          if (contribution === undefined) return;
          const again = await unit.collection(Rows).getMany(rows.map(({ id }) => id));
          if (contentHash(again) !== ask.hash) throw staleContent();
          const [parent] = rows;
          await unit.collection(TearLinesIn).insert([
            {
              id: contribution,
              agency: sight.side ?? "",
              parent: parent?.stixId ?? ask.object,
              object: String(object.id),
              reason: ask.reason,
              by: ask.account,
              at: ask.moment.now,
            },
          ]);
        },
      },
      ask.moment,
    );
    const [result] = results;
    if (result === undefined || result.outcome === "rejected")
      throw new Fault("unprocessable", result?.message ?? "it could not be stored", {
        code: result?.code ?? "tear_line.refused",
        path: result?.path ?? "object",
      });
    if (contribution === undefined)
      throw new Fault("conflict", "your agency has said this already", { code: "tear_line.there", path: "object" });
    const waits = (label?.releases ?? []).filter(({ status }) => status === "off");
    return {
      object: result.id ?? String(object.id),
      waits: waits.map(({ status: _, ...row }) => row),
      warnings: [...(result.warnings ?? [])],
    };
  }

  /** Those of an object of one's own agency that the caller may read, oldest first. Of what was torn from another object nothing tells here. */
  async list(ask: Pick<TearLineAsk, "viewer" | "moment" | "object">): Promise<TearLineList> {
    const { storage, tokenKey } = this.#parts;
    const { sight, rows } = await this.#parents(ask);
    const ids = [...new Set(rows.map(({ stixId }) => stixId))];
    const held: TearLineDoc[] = [];
    for (const id of ids)
      held.push(
        ...(await storage
          .collection(TearLinesIn)
          .scan({ index: "parent", prefixes: [[sight.side ?? "", id]], limit: MOST })),
      );
    const shown = new Map(
      (await sight.rowsOfIds(held.map(({ object }) => object))).map((row) => [row.contribution, row] as const),
    );
    return {
      tearLines: held
        .sort((a, b) => a.at - b.at || (a.object < b.object ? -1 : 1))
        .flatMap(({ id, reason, by, at }) => {
          const row = shown.get(id);
          const label = row === undefined ? undefined : labelOfRow(sight, row);
          if (row === undefined || label === undefined) return [];
          const post = { post: postToken(tokenKey, row), hash: postHash(row) };
          return [
            { object: row.stixId, ...post, tlp: label.tlp, state: label.state, reason, by, at: formatInstant(at) },
          ];
        }),
    };
  }
}

const MOST = 200;

/** A row is on where every parent's readers have as much by a row that is on: what goes further takes a second person (policy 1.6). */
const onAsParents = (row: ReleaseRow, parents: readonly Label[]): ReleaseRow =>
  parents.every(({ releases }) => releases.some((held) => held.status === "on" && rowWithin(row, held)))
    ? row
    : { ...row, status: "off" };
