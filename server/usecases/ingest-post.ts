import type { ColumnMap } from "../../schemas/api/column-maps.ts";
import { LabelRequest } from "../../schemas/policy/label.ts";
import { readEnvelope } from "../formats/read-envelope.ts";
import { readInput } from "../formats/read-input.ts";
import type { AskedFormat, Said } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import type { LabelAsk } from "./bind-labels.ts";
import { type IngestParts, ingestBatch } from "./ingest-batch.ts";

/** A post as it was asked for; plain data, so that it can cross to a worker and wait as a job. */
export interface PostAsk {
  readonly account: string;
  /** The account's agency when the post came; absent in jobs that waited before it was written down. */
  readonly agency?: string;
  readonly format?: AskedFormat;
  /** How a table is to be read: a saved map, as it was when the post came. */
  readonly columns?: ColumnMap;
  /** What the source of what is sent again said of its label. */
  readonly said?: Said;
  /** The label request as JSON text. */
  readonly label?: string;
  readonly preset?: string;
  readonly dryRun: boolean;
  readonly channel?: string;
  /** `false`: what is refused is not kept in quarantine, as it is there already. */
  readonly keepRejected?: false;
  /** It is a JSON list of objects, whatever they say they are: none of them makes it another kind of input. */
  readonly objects?: true;
  /** It is a TAXII envelope, and each result names its object's version. */
  readonly envelope?: true;
}

export interface PostReply {
  readonly status: 200 | 422;
  /** `IngestReply` as JSON text. */
  readonly reply: string;
}

/** A text that can't even be the name of an agency or an agreement names an unknown one, whatever its form. */
function unknownName(path: readonly PropertyKey[]): Fault | undefined {
  const [list, place, member, item] = path;
  const at = `${String(list)}[${String(place)}].${String(member)}`;
  if (list === "releases" && member === "agreement")
    return new Fault("unprocessable", "there is no such agreement: their names look like TRI or US-JP", {
      code: "label.unknown_agreement",
      path: at,
    });
  if ((list === "releases" || list === "fieldRules") && member === "agencies" && item !== undefined)
    return new Fault(
      "unprocessable",
      'there is no such agency: their names look like US-FBI; all are "*", not a list',
      {
        code: "label.unknown_agency",
        path: `${at}[${String(item)}]`,
      },
    );
  return undefined;
}

/** The label request of a post: `Fault("bad_request")` for text that is none, as it also is for what only the server may say. */
export function labelAsk({ label, preset }: Pick<PostAsk, "label" | "preset">): LabelAsk {
  if (label === undefined) return preset === undefined ? {} : { preset };
  let json: unknown;
  try {
    json = JSON.parse(label);
  } catch {
    throw new Fault("bad_request", "the label is not JSON", { code: "label.json", path: "Tricord-Label" });
  }
  const parsed = LabelRequest.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path =
      issue === undefined
        ? ""
        : [...issue.path, ...(issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])].join(".");
    const unknown = issue?.code === "invalid_format" ? unknownName(issue.path) : undefined;
    if (unknown !== undefined) throw unknown;
    const kind = issue?.code === "invalid_value" && path === "tlp" ? "unprocessable" : "bad_request";
    throw new Fault(kind, `the label is not as it should be: ${issue?.message ?? "wrong shape"}`, {
      code: "label.shape",
      path,
    });
  }
  return { request: parsed.data, ...(preset === undefined ? {} : { preset }) };
}

/** The code of a post that has to be worked off as a job. */
export const TOO_MANY_AT_ONCE = "ingest.too_many_at_once";

/**
 * A whole post of bytes: read, then the line. 422 when not one object got in. `Fault("too_large")`, `ingest.too_many_at_once`, for more objects than the store
 * takes in one transaction.
 */
export async function ingestPost(
  parts: IngestParts & { readonly inflatedLimit: number },
  bytes: Uint8Array,
  ask: PostAsk,
  moment: Moment,
): Promise<PostReply> {
  const label = labelAsk(ask);
  if (bytes.length === 0) throw new Fault("bad_request", "the body is empty", { code: "input.empty" });
  const { format, items: read } =
    ask.envelope === true
      ? { format: "stix", items: readEnvelope(bytes, parts.inflatedLimit) }
      : readInput(bytes, {
          ...(ask.format === undefined ? {} : { format: ask.format }),
          ...(ask.columns === undefined ? {} : { columns: ask.columns }),
          objects: ask.objects === true,
          limits: { inflated: parts.inflatedLimit },
        });
  const { said } = ask;
  const items = said === undefined ? read : read.map((item) => ({ ...item, said }));
  if (format !== "stix" && format !== "misp" && items.length === 0)
    throw new Fault("unprocessable", "no value was found in it", { code: "input.nothing_found" });
  const most = parts.storage.can.postObjects;
  if (items.length > most)
    throw new Fault("too_large", `this takes ${most} objects at once; it has ${items.length}`, {
      code: TOO_MANY_AT_ONCE,
    });
  const reply = await ingestBatch(
    parts,
    items,
    {
      ...{ account: ask.account, label, channel: ask.channel ?? "rest", dryRun: ask.dryRun },
      ...(ask.agency === undefined ? {} : { agency: ask.agency }),
      versions: ask.envelope === true,
      keepRejected: ask.keepRejected !== false,
    },
    moment,
  );
  const { received, rejected } = reply.counts;
  return { status: received > 0 && rejected === received ? 422 : 200, reply: JSON.stringify(reply) };
}
