import type { QuarantineEntry, QuarantinePage, QuarantineShown, RetryBody } from "../../schemas/api/quarantine.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { decide } from "../policy/decide.ts";
import { isPerson } from "../policy/gates.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { seal, unseal } from "../shared/seal.ts";
import { Quarantined, QuarantineTallies } from "../storage/collections.ts";
import type { Scan, Storage, Stored } from "../storage/port.ts";
import type { QuarantinedDoc } from "../storage/post-documents.ts";
import type { AuditStream } from "./append-audit.ts";
import type { PostAsk, PostReply } from "./ingest-post.ts";
import type { IngestRunner } from "./intake.ts";
import { KEPT_FOR } from "./keep-rejected.ts";
import type { Snapshot, Snapshots } from "./snapshot.ts";

export interface QuarantineParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly runner: Pick<IngestRunner, "post">;
  readonly cursorKey: Uint8Array;
}

const SCANNED = 200;
const LONGEST_PAGE = 500;

const noEntry = (): Fault => new Fault("not_found", "there is no such entry");

const textOf = ({ text }: QuarantinedDoc): string =>
  Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("utf8");

const isCut = ({ text, length }: QuarantinedDoc): boolean => text.byteLength < length;

function view(entry: QuarantinedDoc): QuarantineEntry {
  const {
    id,
    code,
    path,
    message,
    more,
    account,
    batch,
    index,
    times,
    channel,
    at,
    place,
    given,
    length,
    object,
    type,
  } = entry;
  return {
    entry: id,
    ...{ code, path, message },
    ...(more === undefined ? {} : { more }),
    ...(object === undefined ? {} : { id: object }),
    ...(type === undefined ? {} : { type }),
    ...{ by: account, batch, index, times, channel },
    at: formatInstant(at),
    until: formatInstant(at + KEPT_FOR),
    ...(place === undefined ? {} : { place }),
    ...(given === undefined ? {} : { given }),
    length,
    cut: isCut(entry),
  };
}

/** What the source said holds on: a label that a person says in its place settles a quarrel of TLPs, and brings no rows back. */
function sourceSaid({ said }: QuarantinedDoc, { label, preset }: RetryBody): Pick<PostAsk, "said"> {
  if (said === undefined) return {};
  const relabelled = label !== undefined || preset !== undefined;
  const tlps = relabelled || said.tlps === undefined ? {} : { tlps: said.tlps };
  return { said: { ...tlps, ...(said.ownAgency === undefined ? {} : { ownAgency: said.ownAgency }) } };
}

/** What was refused, for who sent it: to look at, to mend and send again, or to drop. */
export class Quarantine {
  readonly #parts: QuarantineParts;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
  }

  /** Its sender sees it, and people of the agency who could read it had it got in; nobody else knows of it. */
  #sees(viewer: Viewer, snapshot: Snapshot, now: number, entry: QuarantinedDoc): boolean {
    if (entry.at <= now - KEPT_FOR) return false;
    if (entry.account === viewer.id) return true;
    if (entry.agency !== viewer.agency || !isPerson(viewer.role)) return false;
    const { agreements, at } = snapshot;
    return decide({ viewer, label: entry.label, agreements, at: formatInstant(at), channel: "api" }).verdict === "full";
  }

  async #snapshot(viewer: Viewer, moment: Moment): Promise<{ snapshot: Snapshot; current: Viewer }> {
    const snapshot = await this.#parts.snapshots.read(this.#parts.storage, moment.now);
    return { snapshot, current: snapshot.viewer(viewer.id) ?? viewer };
  }

  async #entry(viewer: Viewer, moment: Moment, id: string): Promise<Stored<QuarantinedDoc>> {
    const { snapshot, current } = await this.#snapshot(viewer, moment);
    const entry = await this.#parts.storage.collection(Quarantined).get(id);
    if (entry === undefined || !this.#sees(current, snapshot, moment.now, entry)) throw noEntry();
    return entry;
  }

  /** Newest first, of one code or one batch where asked. */
  async list(
    viewer: Viewer,
    moment: Moment,
    ask: {
      readonly code?: string | undefined;
      readonly batch?: string | undefined;
      readonly limit: number;
      readonly next?: string | undefined;
    },
  ): Promise<QuarantinePage> {
    const { storage, cursorKey } = this.#parts;
    const { snapshot, current } = await this.#snapshot(viewer, moment);
    const lost = (await storage.collection(QuarantineTallies).get(viewer.id))?.lost ?? 0;
    if (current.agency === undefined) return { entries: [], lost };
    const asked = sha256(JSON.stringify(["quarantine", viewer.id, ask.code ?? null, ask.batch ?? null]));
    const limit = Math.min(ask.limit, LONGEST_PAGE);
    const where = placeOf(current, ask);
    let after = openPlace(cursorKey, asked, ask.next);
    const found: QuarantinedDoc[] = [];
    for (;;) {
      const piece: Stored<QuarantinedDoc>[] = await storage.collection(Quarantined).scan({
        ...where,
        reverse: true,
        limit: SCANNED,
        ...(after === undefined ? {} : { after }),
      });
      for (const entry of piece) {
        if (ask.code !== undefined && entry.code !== ask.code) continue;
        if (this.#sees(current, snapshot, moment.now, entry)) found.push(entry);
      }
      const last = piece.at(-1);
      if (piece.length < SCANNED || found.length > limit || last === undefined) break;
      after = { value: last.at, id: last.id };
    }
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const next =
      found.length > limit && last !== undefined ? seal(cursorKey, "quarantine", [asked, last.at, last.id]) : undefined;
    return { entries: page.map(view), lost, ...(next === undefined ? {} : { next }) };
  }

  async show(viewer: Viewer, moment: Moment, id: string): Promise<QuarantineShown> {
    const entry = await this.#entry(viewer, moment, id);
    const { request, preset } = entry;
    return {
      ...view(entry),
      text: textOf(entry),
      ...(request === undefined ? {} : { label: request }),
      ...(preset === undefined ? {} : { preset }),
    };
  }

  /** Sends it again as the caller's post, mended or as it came: the same line as any post. What gets in leaves quarantine; what is refused again stays as it was. */
  async retry(viewer: Viewer, account: string, moment: Moment, id: string, mended: RetryBody): Promise<PostReply> {
    const { storage, runner } = this.#parts;
    const entry = await this.#entry(viewer, moment, id);
    if (mended.object === undefined && (isCut(entry) || entry.length === 0))
      throw new Fault("unprocessable", "not all of it was kept: send the whole object, mended", {
        code: "quarantine.cut",
        path: "object",
      });
    const said =
      mended.label === undefined && mended.preset === undefined
        ? entry
        : { request: mended.label, preset: mended.preset };
    const object = mended.object === undefined ? textOf(entry) : JSON.stringify(mended.object);
    const reply = await runner.post(
      Buffer.from(`[${object}]`),
      {
        account,
        format: "stix",
        objects: true,
        dryRun: false,
        keepRejected: false,
        ...(said.request === undefined ? {} : { label: JSON.stringify(said.request) }),
        ...(said.preset === undefined ? {} : { preset: said.preset }),
        ...sourceSaid(entry, mended),
      },
      moment,
    );
    if (reply.status === 200) await storage.collection(Quarantined).remove([id]);
    return reply;
  }

  /** Drops it: 404 for what is not there or not the caller's to see. */
  async drop(viewer: Viewer, account: string, moment: Moment, id: string): Promise<void> {
    const { storage, audit } = this.#parts;
    const { snapshot } = await this.#snapshot(viewer, moment);
    await this.#entry(viewer, moment, id);
    await storage.transaction(async (unit) => {
      await unit.collection(Quarantined).remove([id]);
      await audit.append(unit, {
        actor: account,
        revision: snapshot.revision,
        at: snapshot.at,
        what: "quarantine.dropped",
        detail: { entry: id },
      });
    });
  }
}

/** A machine sees its own alone; people those of their agency. */
function placeOf(
  { id, agency = "", role }: Viewer,
  { code, batch }: { readonly code?: string | undefined; readonly batch?: string | undefined },
): Pick<Scan, "index" | "prefixes"> {
  if (batch !== undefined) return { index: "batch", prefixes: [[batch]] };
  if (!isPerson(role)) return { index: "account", prefixes: [[id]] };
  return code === undefined ? { index: "agency", prefixes: [[agency]] } : { index: "code", prefixes: [[agency, code]] };
}

function openPlace(
  key: Uint8Array,
  asked: string,
  token: string | undefined,
): { value: number; id: string } | undefined {
  if (token === undefined) return undefined;
  const place = unseal(key, "quarantine", token);
  const [of, at, id] = Array.isArray(place) ? place : [];
  if (of !== asked || typeof at !== "number" || typeof id !== "string")
    throw new Fault("bad_request", "this cursor is none of this question", { code: "cursor.invalid", path: "next" });
  return { value: at, id };
}
