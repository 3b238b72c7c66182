import { labelId } from "../../pipeline/lane.ts";
import { labelText } from "../../policy/label-text.ts";
import { tiersOf } from "../../policy/tiers.ts";
import { Labels } from "../../storage/collections.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

/** Each label under the keyed digest of its text, with no more tiers than a label may have. */
export async function* checkLabels(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(parts, Labels, (page, _unit, report) => {
    for (const { id, label } of page) {
      if (labelId(parts.secrets.digest, labelText(label)) !== id)
        report("verify.label_id", id, "its text has another keyed digest");
      if ("problem" in tiersOf(label)) report("verify.label_tiers", id, "its rules make too many tiers");
    }
  });
}
