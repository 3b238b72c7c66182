import { refang } from "../refang.ts";
import { asciiDomain } from "./domain.ts";
import { brokenText, type Canonicalised, fine, problem } from "./outcome.ts";

const ALLOWED = "is no e-mail address: name@domain is wanted, the name of 1 to 64 characters";
/** What can't stand in a name without quotes (RFC 5322 atom, with dots anywhere and other scripts allowed). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const NAME = /^[^\s@"<>(),:;\\[\]\u0000-\u0020\u007f-\u009f]{1,64}$/u;

/** NFKC and lower case until nothing changes: some letters take two rounds. */
function folded(name: string): string {
  let now = name;
  for (let round = 0; round < 4; round++) {
    const next = now.normalize("NFKC").toLowerCase();
    if (next === now) break;
    now = next;
  }
  return now;
}

/** The address within `Display Name <name@domain>` or after `mailto:`, without blanks round it. */
function addressIn(text: string): string {
  const trimmed = text.trim();
  const open = trimmed.endsWith(">") ? trimmed.lastIndexOf("<") : -1;
  const inner = open === -1 ? trimmed : trimmed.slice(open + 1, -1).trim();
  return /^mailto:/i.test(inner) ? inner.slice(7).replace(/\?.*$/s, "") : inner;
}

/** Name in lower case, `@`, domain as A-label (dedup 4). Dots and plus-tags in the name count. Problem: `value.email`. */
export function canonicaliseEmail(text: string): Canonicalised {
  if (text.length > 1024 || brokenText(text)) return problem("value.email", text, ALLOWED);
  let address = addressIn(text);
  if (!address.includes("@") || /[[({\\]/.test(address)) address = refang(address);
  address = address.normalize("NFKC");
  const at = address.lastIndexOf("@");
  const name = at === -1 ? "" : folded(address.slice(0, at));
  const domain = at === -1 ? undefined : asciiDomain(address.slice(at + 1));
  if (domain === undefined || !NAME.test(name)) return problem("value.email", text, ALLOWED);
  return fine("email-addr", `${name}@${domain}`);
}
