import { z } from "zod";
import { LabelRequest, State } from "../policy/label.ts";
import { AccountId, Tlp, When } from "../policy/vocabulary.ts";
import { Remark } from "./ingest.ts";
import { Hash, PostToken, Reason } from "./mine.ts";
import { ReleaseRowBody } from "./releases.ts";

/** `object`: the whole tear-line, best without `id`, `created` and `modified`, which are set. `hash`: its parent's, as `GET /api/v1/objects/{id}` gave it. */
export const TearLineBody = z
  .strictObject({
    object: z.record(z.string(), z.unknown()),
    label: LabelRequest,
    reason: Reason,
    hash: Hash,
  })
  .meta({ id: "TearLineBody" });

/** Under which id it stands; rows that wait for a second person, since they go further than the parent's. */
export const TearLineMade = z
  .object({ object: z.string(), waits: z.array(ReleaseRowBody), warnings: z.array(Remark) })
  .meta({ id: "TearLineMade" });
export type TearLineMade = z.infer<typeof TearLineMade>;

export const TearLineList = z
  .object({
    tearLines: z.array(
      z.object({
        object: z.string(),
        post: PostToken,
        hash: z.string(),
        tlp: Tlp,
        state: State,
        reason: z.string(),
        by: AccountId,
        at: When,
      }),
    ),
  })
  .meta({ id: "TearLineList" });
export type TearLineList = z.infer<typeof TearLineList>;
