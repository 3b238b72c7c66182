import { keyed } from "../shared/digest.ts";
import type { Secrets } from "./plan-rows.ts";

/** The name of a contribution where another that its account does not see whole has the one it would get. */
export const nameAside = (contribution: string, poster: string, { digest }: Pick<Secrets, "digest">): string =>
  keyed(digest, `${contribution}|${poster}`).slice(0, 24);

/** The name of what was withdrawn and is posted again, for the so manieth time (from 1), with the name it had at first. */
export const nameAgain = (contribution: string, times: number, { digest }: Pick<Secrets, "digest">): string =>
  keyed(digest, `${contribution}|again|${times}`).slice(0, 24);

/** The name of the copy of a contribution that a sponsor's client reads by grant: one for each of its clients. */
export const nameGranted = (
  contribution: string,
  { agency, client }: { readonly agency: string; readonly client: string },
  { digest }: Pick<Secrets, "digest">,
): string => keyed(digest, `${contribution}|grant|${agency}|${client}`).slice(0, 24);
