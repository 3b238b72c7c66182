/** Properties of observables that STIX 2.1 calls otherwise, as patterns name them. */
const RENAMED: readonly (readonly [RegExp, string])[] = [
  [/\b(file|directory):created\b/g, "$1:ctime"],
  [/\b(file|directory):modified\b/g, "$1:mtime"],
  [/\b(file|directory):accessed\b/g, "$1:atime"],
  [/\bprocess:created\b/g, "process:created_time"],
  [/\bprocess:binary_ref\b/g, "process:image_ref"],
  [/\buser-account:password_last_changed\b/g, "user-account:credential_last_changed"],
  [/\bwindows-registry-key:modified\b/g, "windows-registry-key:modified_time"],
];

/** The end of a constant in quotes that begins at `at`: behind its quote, or the end of the text. */
function endOfConstant(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "'") return i + 1;
  }
  return text.length;
}

/**
 * A pattern of STIX 2.0 as STIX 2.1 writes it: `START t'…' STOP t'…'` (2.0 has no letter before the constant), renamed properties.
 * What stands in constants is never touched, and a pattern without either comes back as it is.
 */
export function liftPattern(pattern: string): string {
  let out = "";
  let from = 0;
  while (from < pattern.length) {
    const quote = pattern.indexOf("'", from);
    const end = quote < 0 ? pattern.length : quote;
    let outside = pattern.slice(from, end);
    for (const [name, now] of RENAMED) outside = outside.replace(name, now);
    const dated = quote >= 0 && /\b(?:START|STOP)\s{1,100}$/.test(outside.slice(-110));
    out += dated ? `${outside}t` : outside;
    if (quote < 0) break;
    from = endOfConstant(pattern, quote);
    out += pattern.slice(quote, from);
  }
  return out;
}
