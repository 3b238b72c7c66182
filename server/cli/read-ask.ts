import type { ZodType } from "zod";
import { Agreements } from "../../schemas/policy/agreement.ts";
import { Ask } from "../../schemas/policy/decision.ts";
import { Label } from "../../schemas/policy/label.ts";
import { Viewer } from "../../schemas/policy/viewer.ts";
import { Channel, When } from "../../schemas/policy/vocabulary.ts";
import { pathText } from "../../schemas/stix/validate/path-text.ts";
import { isInstant } from "../policy/dated.ts";
import type { Problem } from "../shared/fault.ts";
import { askSections } from "./ask-sections.ts";

const bad = (text: string | undefined): text is string => text !== undefined && !isInstant(text);
const noDate = (path: string, text: string): Problem => ({ code: "bad_date", path, message: `${text} is no date` });

/** The first date of an ask that is none, though it looks like one: here a mistake rather than a refusal. */
function badDate({ viewer, label, agreements, at }: Ask): Problem | undefined {
  if (bad(viewer.from)) return noDate("viewer.from", viewer.from);
  if (bad(viewer.until)) return noDate("viewer.until", viewer.until);
  if (bad(label.embargoUntil)) return noDate("label.embargoUntil", label.embargoUntil);
  for (const [i, { until }] of label.releases.entries()) {
    if (bad(until)) return noDate(`label.releases[${i}].until`, until);
  }
  for (const id of Object.keys(agreements)) {
    const [from, until] = [agreements[id]?.from, agreements[id]?.until];
    if (bad(from)) return noDate(`agreements.${id}.from`, from);
    if (bad(until)) return noDate(`agreements.${id}.until`, until);
  }
  return bad(at) ? noDate("at", at) : undefined;
}

function wholeAsk(line: string): Ask | Problem {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    const words = line.trim() === "" ? "the line is empty" : error instanceof Error ? error.message : "unreadable";
    return { code: "bad_json", path: "", message: words };
  }
  const parsed = Ask.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { code: "bad_ask", path: pathText(issue?.path ?? []), message: issue?.message ?? "not an ask" };
}

const MOST = 2048;

interface Reader<T> {
  /** Undefined for text that is not as it should be. */
  readonly read: (text: string) => T | undefined;
  /** Do texts come again, so that remembering them pays? */
  readonly pays: () => boolean;
}

/** Reads one value of an ask; the same text is read once, as long as texts do come again. */
function reader<T>(schema: ZodType<T>): Reader<T> {
  const known = new Map<string, T>();
  let [hits, useful] = [0, true];
  const fresh = (text: string): T | undefined => {
    try {
      const parsed = schema.safeParse(JSON.parse(text));
      return parsed.success ? parsed.data : undefined;
    } catch {
      return undefined;
    }
  };
  const read = (text: string): T | undefined => {
    const held = known.get(text);
    if (held !== undefined) {
      hits += 1;
      return held;
    }
    const made = fresh(text);
    if (made === undefined || !useful) return made;
    if (known.size >= MOST) {
      useful = hits >= MOST;
      known.clear();
      hits = 0;
    }
    // A copy: a slice would keep the whole piece of input that it came from.
    if (useful) known.set(Buffer.from(text).toString(), made);
    return made;
  };
  return { read, pays: () => useful };
}

/**
 * A reader of asks, `{ viewer, label, agreements, at, channel? }` as one line of JSON. What is wrong comes back as a
 * problem with the path of the first error: `bad_json`, `bad_ask` (shape), `bad_date` (an impossible one). Keys that an
 * ask does not have are passed over.
 */
export function askReader(): (line: string) => Ask | Problem {
  const readers = {
    viewer: reader<Viewer>(Viewer),
    label: reader<Label>(Label),
    agreements: reader<Agreements>(Agreements),
    at: reader<string>(When),
    channel: reader<Channel>(Channel),
  };
  const known = (line: string): Ask | undefined => {
    if (!readers.viewer.pays() && !readers.label.pays() && !readers.agreements.pays()) return undefined;
    const sections = askSections(line);
    if (sections === undefined) return undefined;
    const viewer = readers.viewer.read(sections.viewer);
    const label = readers.label.read(sections.label);
    const agreements = readers.agreements.read(sections.agreements);
    const at = readers.at.read(sections.at);
    if (viewer === undefined || label === undefined || agreements === undefined || at === undefined) return undefined;
    if (sections.channel === undefined) return { viewer, label, agreements, at };
    const channel = readers.channel.read(sections.channel);
    return channel === undefined ? undefined : { viewer, label, agreements, at, channel };
  };
  return (line) => {
    const ask = known(line) ?? wholeAsk(line);
    return "code" in ask ? ask : (badDate(ask) ?? ask);
  };
}
