import type { DraftAudience, ObjectAudience, ObjectAudienceChange } from "../../schemas/api/audience.ts";
import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { gainers } from "../policy/gains.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { withRowsOn } from "../policy/release-rows.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import type { Storage } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { AudienceView, anyOff, withAllOn } from "./audience-view.ts";
import { bindRequest, knownMarkings } from "./bind-labels.ts";
import type { Content } from "./content.ts";
import { afterGranted, type Granted, grantedOf } from "./granted.ts";
import { labelInPlace } from "./label-in-place.ts";
import { holdsRelease, ownMarkings } from "./own-markings.ts";
import { labelOfRow } from "./own-rows.ts";
import type { Secrets } from "./plan-rows.ts";
import { postHash, postToken } from "./post-token.ts";
import { inOrder } from "./reader-order.ts";
import { audienceOf } from "./readers-under.ts";
import { mustFit, ownOf } from "./release-own.ts";
import type { Renderer } from "./render.ts";
import type { Row, Sight } from "./sight.ts";

export interface AudienceParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly renderer: Renderer;
  readonly secrets: Secrets;
  readonly tokenKey: Uint8Array;
}

type AskedRow = NonNullable<ReleaseDoc["row"]>;
type PostAudience = Omit<ObjectAudience["posts"][number], "now" | "released">;

const refusedFields = (cut: readonly string[]): Fault =>
  new Fault("forbidden", `you are not shown ${cut.join(", ")}: who sees all of it can ask who reads it`, {
    code: "audience.cut",
  });

/** Who can see this: people and agencies by name, the fields each lacks, the marking as each reads it; before it is posted, as it stands, and after a change (policy 1.6). */
export class Audiences {
  readonly #parts: AudienceParts;

  constructor(parts: AudienceParts) {
    this.#parts = parts;
  }

  /** The caller's agency's contributions to what it sees under an id: 404 where it sees nothing, 403 where its agency said nothing or the caller is not shown all. */
  async #own(viewer: Viewer, moment: Moment, object: string): Promise<{ sight: Sight; rows: Row[] }> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    const { own } = await ownOf(sight, object, "only its originator knows who can see it");
    const rows = inOrder(own.rows.filter(({ cut }) => cut.length === 0));
    if (rows.length === 0) throw refusedFields(own.rows[0]?.cut ?? []);
    return { sight, rows };
  }

  #head(row: Row, label: Label): PostAudience {
    return {
      post: postToken(this.#parts.tokenKey, row),
      id: row.stixId,
      ...(row.version === undefined ? {} : { version: row.version }),
      hash: postHash(row),
      label,
    };
  }

  /** Its copies that clients of others read by grant: the originator is told of them as of anybody who reads. */
  #granted(sight: Sight, row: Row): Promise<Granted[]> {
    return grantedOf(this.#parts.storage, row, sight.snapshot, this.#parts.secrets);
  }

  #view(sight: Sight): AudienceView {
    return new AudienceView(sight.viewer, sight.snapshot, this.#parts.renderer);
  }

  async show(viewer: Viewer, moment: Moment, object: string): Promise<ObjectAudience> {
    const { sight, rows } = await this.#own(viewer, moment, object);
    const view = this.#view(sight);
    const posts: ObjectAudience["posts"] = [];
    for (const row of rows) {
      const label = labelOfRow(sight, row);
      if (label === undefined) continue;
      const granted = await this.#granted(sight, row);
      const released = anyOff(label)
        ? { released: view.of(withAllOn(label), afterGranted(granted, withAllOn(label), sight.snapshot)) }
        : {};
      posts.push({
        ...this.#head(row, label),
        now: view.of(
          label,
          granted.map(({ label: copy }) => copy),
        ),
        ...released,
      });
    }
    return { object, at: formatInstant(sight.snapshot.at), posts };
  }

  /** The difference that another label or a row more would make. Nothing is saved. */
  async change(
    viewer: Viewer,
    moment: Moment,
    object: string,
    ask: { readonly label?: LabelRequest | undefined; readonly row?: AskedRow | undefined },
  ): Promise<ObjectAudienceChange> {
    const { sight, rows } = await this.#own(viewer, moment, object);
    const view = this.#view(sight);
    const audience = audienceOf(sight.snapshot, sight.viewer);
    if (ask.row !== undefined) mustFit(ask.row, rows, sight);
    const posts: ObjectAudienceChange["posts"] = [];
    for (const row of rows) {
      const before = labelOfRow(sight, row);
      if (before === undefined) continue;
      const after = await this.#after(sight, row, before, ask);
      const granted = await this.#granted(sight, row);
      const then = afterGranted(granted, after, sight.snapshot);
      posts.push({
        ...this.#head(row, after),
        after: view.of(after, then),
        change: view.change([before, ...granted.map(({ label }) => label)], [after, ...then]),
        widens: gainers(before, after, audience),
      });
    }
    return { object, at: formatInstant(sight.snapshot.at), posts };
  }

  async #after(
    sight: Sight,
    row: Row,
    before: Label,
    { label, row: more }: { readonly label?: LabelRequest | undefined; readonly row?: AskedRow | undefined },
  ): Promise<Label> {
    if (more !== undefined) return normaliseLabel(withRowsOn(before, more));
    const { wished } = await labelInPlace(this.#parts, sight, row, label ?? {}, sight.viewer.id);
    return wished;
  }

  /** Who would read a post of the caller's under a label, before it is posted. 422 for a label that can't be. */
  async draft(
    viewer: Viewer,
    moment: Moment,
    ask: {
      readonly label?: LabelRequest | undefined;
      readonly preset?: string | undefined;
      readonly object?: StixJson | undefined;
    },
  ): Promise<DraftAudience> {
    const { storage, content } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const { snapshot } = sight;
    const { object } = ask;
    const alone = object !== undefined && holdsRelease(object);
    const asked = alone
      ? { request: { tlp: "AMBER+STRICT" as const } }
      : {
          ...(ask.label === undefined ? {} : { request: ask.label }),
          ...(ask.preset === undefined ? {} : { preset: ask.preset }),
        };
    const own = object === undefined || alone ? undefined : await this.#markingsOf(object, sight, storage);
    const { label, flags, warnings } = bindRequest(asked, viewer.id, snapshot, own);
    const view = this.#view(sight);
    return {
      at: formatInstant(snapshot.at),
      label,
      flags: [...flags],
      warnings: [...warnings],
      now: view.of(label),
      ...(anyOff(label) ? { released: view.of(withAllOn(label)) } : {}),
    };
  }

  async #markingsOf(object: StixJson, { side }: Sight, storage: Storage): Promise<Parameters<typeof bindRequest>[3]> {
    const markings = await knownMarkings(storage, [{ object }], side ?? "");
    const own = ownMarkings(object, (id) => markings.get(id));
    if ("marked" in own) return own.marked;
    const { code, path, message } = own.problem;
    throw new Fault("unprocessable", message, { code, path });
  }
}
