import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import { keyOf } from "../pipeline/key.ts";
import { inPlaceOf } from "../policy/narrow.ts";
import { Fault } from "../shared/fault.ts";
import { Rows } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import { bindBatch, namedIn } from "./bind-labels.ts";
import { authorOf, mustFit, refusedAs, staleContent } from "./edit-rules.ts";
import { labelOfRow } from "./own-rows.ts";
import type { Secrets } from "./plan-rows.ts";
import { notThere } from "./read-one.ts";
import { objectOf, type Row, type Sight } from "./sight.ts";

/** A contribution that stands, and the label that a request would put in place of its own. */
export interface LabelInPlace {
  readonly contribution: string;
  /** The interned id of the label that stands. */
  readonly label: string;
  readonly before: Label;
  /** With the rows on that are on already. */
  readonly after: Label;
  /** With the rows on too that stand nowhere yet: who gains by it would have to be asked. */
  readonly wished: Label;
}

/**
 * The label of a standing post of one's own agency under a request, met with what the post's own markings say, as a post's is. `Fault("unprocessable")`
 * where it can't be. Who would gain by it is for the caller to ask.
 */
export async function labelInPlace(
  { storage, secrets }: { readonly storage: Storage; readonly secrets: Secrets },
  sight: Sight,
  row: Row,
  request: LabelRequest,
  account: string,
): Promise<LabelInPlace> {
  const poster = sight.snapshot.accounts.get(account);
  if (poster?.agency === undefined) throw notThere();
  const whole = row.cut.length === 0 ? row : await storage.collection(Rows).get(row.contribution);
  const before = labelOfRow(sight, row);
  if (whole === undefined || before === undefined) throw staleContent();
  const object = objectOf(whole);
  const keyed = keyOf(object, row.originator);
  if (!("key" in keyed)) throw new Fault("internal", `a stored contribution has no key: ${row.contribution}`);
  const candidate = { index: 0, object, key: keyed.key, item: { index: 0, object }, warnings: [] };
  let wished = before;
  const settle = (bound: Label): Label => {
    const { agencies } = sight.snapshot;
    const made = inPlaceOf({ standing: before, request, bound, author: authorOf(before, row), agencies });
    mustFit(made.label);
    wished = made.wished;
    return made.label;
  };
  const { bound, refused } = await bindBatch(
    storage,
    [candidate],
    { request, settle, named: namedIn(before) },
    { ...poster, agency: poster.agency },
    sight.snapshot,
    secrets,
  );
  const after = bound.get(0);
  if (after === undefined) throw refusedAs(refused.get(0));
  return { contribution: row.contribution, label: row.label, before, after: after.stored, wished };
}
