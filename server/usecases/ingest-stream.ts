import type { IngestReply } from "../../schemas/api/ingest.ts";
import { readEnvelopeStream } from "../formats/read-envelope.ts";
import { readStream } from "../formats/read-stream.ts";
import type { Moments } from "../shared/moment.ts";
import { type IngestParts, ingestBatch } from "./ingest-batch.ts";
import { labelAsk, type PostAsk } from "./ingest-post.ts";

/** A stream of any size in batches of up to 1,000, each whole or not at all; tells after each. */
export async function ingestStream(
  parts: IngestParts & { readonly inflatedLimit: number },
  source: AsyncIterable<Uint8Array>,
  ask: PostAsk,
  moments: Moments,
  done: (reply: IngestReply) => Promise<void> | void,
): Promise<void> {
  const label = labelAsk(ask);
  const groups =
    ask.envelope === true
      ? readEnvelopeStream(source, parts.inflatedLimit)
      : readStream(source, {
          ...(ask.format === undefined ? {} : { format: ask.format }),
          ...(ask.columns === undefined ? {} : { columns: ask.columns }),
          limits: { inflated: parts.inflatedLimit },
        });
  for await (const items of groups) {
    await done(
      await ingestBatch(
        parts,
        items,
        {
          ...{ account: ask.account, label, channel: ask.channel ?? "rest", dryRun: ask.dryRun },
          ...(ask.agency === undefined ? {} : { agency: ask.agency }),
          versions: ask.envelope === true,
        },
        moments(),
      ),
    );
  }
}
