/** The one media type of this face: exactly this text, since strict clients compare it (TAXII 2.1 section 1.6.8). */
export const TAXII_TYPE = "application/taxii+json;version=2.1";
const [TYPE, SUBTYPE, VERSION] = ["application", "taxii+json", "2.1"];

interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Cut at a mark that does not stand within quotes. */
function cutAt(text: string, mark: string): string[] {
  const parts: string[] = [];
  let [start, quoted] = [0, false];
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === "\\") i++;
    else if (text[i] === '"') quoted = !quoted;
    else if (text[i] === mark && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** `type/subtype; name=value` (RFC 7231 section 3.1.1.1): names in lower case, values without quotes; undefined where it is none. */
function mediaRange(text: string): MediaRange | undefined {
  const [name = "", ...rest] = cutAt(text, ";");
  const [type = "", subtype = "", ...more] = name.trim().toLowerCase().split("/");
  if (!TOKEN.test(type) || !TOKEN.test(subtype) || more.length > 0) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    const key = part.slice(0, equals).trim().toLowerCase();
    const value = part.slice(equals + 1).trim();
    const bare = /^"(?:[^"\\]|\\.)*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
    if (equals === -1 || !TOKEN.test(key) || parameters.has(key) || (bare === value && !TOKEN.test(value)))
      return undefined;
    parameters.set(key, bare);
  }
  return { type, subtype, parameters };
}

const isTaxii = ({ type, subtype, parameters }: MediaRange): boolean =>
  type === TYPE && subtype === SUBTYPE && (parameters.get("version") ?? VERSION) === VERSION;

/** How near a range comes to our type: 0 where it is another. The nearest one's weight counts (RFC 7231 section 5.3.2). */
function nearness(range: MediaRange): number {
  if (isTaxii(range)) return range.parameters.has("version") ? 4 : 3;
  if (range.subtype !== "*") return 0;
  return range.type === TYPE ? 2 : range.type === "*" ? 1 : 0;
}

/** Whether a reader with this `Accept` takes our type. No header takes everything, and what can't be read in it takes nothing. */
export function acceptsTaxii(header: string | undefined): boolean {
  if (header === undefined || header.trim() === "") return true;
  let [nearest, weight] = [0, 0];
  for (const text of cutAt(header, ",")) {
    const range = mediaRange(text);
    if (range === undefined) continue;
    const near = nearness(range);
    const q = range.parameters.get("q") ?? "1";
    const its = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0;
    if (near > nearest) [nearest, weight] = [near, its];
    else if (near === nearest && near > 0) weight = Math.max(weight, its);
  }
  return weight > 0;
}

/** Whether a body of this `Content-Type` is one of ours; a charset may be named if it is UTF-8. */
export function isTaxiiContent(header: string | undefined): boolean {
  const range = mediaRange(header ?? "");
  return (
    range !== undefined && isTaxii(range) && (range.parameters.get("charset") ?? "utf-8").toLowerCase() === "utf-8"
  );
}
