import type { StixJson } from "../pipeline/steps.ts";
import { compareInstants } from "../shared/instant.ts";
import { type BlockKind, blockKind, type OwnHosts, whyNotBlocked } from "./block-value.ts";
import { type Tally, valueOfTerm } from "./write-record.ts";
import { rpzHead, rpzLines } from "./write-rpz.ts";

export type BlocklistFormat = "plain" | "hosts" | "rpz";

export interface BlocklistAsk {
  readonly format: BlocklistFormat;
  /** One kind of value only. */
  readonly kind?: BlockKind;
  readonly own: OwnHosts;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Why an object's values are not to be blocked any more at this instant; undefined where they are. */
export function whyNotLive(object: StixJson, at: string): string | undefined {
  if (object.revoked === true) return "revoked";
  const { valid_until: until } = object;
  return typeof until === "string" && compareInstants(until, at) <= 0 ? "expired" : undefined;
}

/** The reason under which an object without a value of its own is counted. */
export const whyNoValue = (object: StixJson): string => (object.type === "indicator" ? "pattern" : "no-value");

/** The lines of one value, or the reason why it has none. */
export function blockLines(term: string, ask: BlocklistAsk): { readonly lines: string } | { readonly reason: string } {
  const kind = blockKind(term);
  const value = valueOfTerm(term);
  if (kind === undefined) return { reason: "other-kind" };
  if (ask.kind !== undefined && kind !== ask.kind) return { reason: "not-asked" };
  const reason = whyNotBlocked(kind, value, ask.own);
  if (reason !== undefined) return { reason };
  if (ask.format === "plain") return { lines: `${value}\n` };
  if (ask.format === "rpz") return rpzLines(kind, value);
  return kind === "domains" ? { lines: `0.0.0.0 ${value}\n` } : { reason: kind };
}

/** A blocklist as lines, from value terms that each come once; what has no line is counted. */
export async function* blocklistLines(
  terms: AsyncIterable<string>,
  ask: BlocklistAsk,
  tally: Tally,
): AsyncGenerator<string> {
  if (ask.format === "rpz") yield rpzHead(ask.at);
  for await (const term of terms) {
    const made = blockLines(term, ask);
    if ("reason" in made) tally.leave(made.reason);
    else {
      tally.written++;
      yield made.lines;
    }
  }
}
