import { parse } from "tldts";

/** Endings of files and members of code that are top-level domains too: in running text they need a scheme or defanging. */
const FILE_ENDINGS = new Set(
  "md py sh pl rs ps so zip mov app bz pub pm do cat properties open run name call post show select search map data date watch play off style".split(
    " ",
  ),
);
/** Endings of files that are no top-level domains: not even a defanged one is a domain. */
const NEVER_DOMAINS = new Set(
  "exe dll sys bat cmd vbs vbe js jse ps1 psm1 lnk doc docx docm xls xlsx xlsm xll ppt pptx pdf rtf hwp hwpx chm hta jpg jpeg png gif bmp ico svg txt log dat bin tmp php asp aspx jsp html htm css json xml yml yaml csv rar gz tar iso img jar apk dmg pkg dylib elf cpp hpp cfg ini conf yar yara pcap db msi msp cab ocx scr pif adoc bak old key pem crt".split(
    " ",
  ),
);
/** Names of software that are written like a domain. */
const SOFTWARE = new Set(
  "asp.net vb.net ado.net system.net node.js next.js vue.js java.io socket.io java.net paint.net draw.io protobuf.net".split(
    " ",
  ),
);

/** Top-level domains without a registry that are hosts all the same: hidden services, and those of examples (RFC 2606, RFC 7686). */
const UNLISTED_DOMAINS = new Set(["onion", "example", "invalid", "test"]);

const lastLabel = (host: string): string => host.replace(/\.$/, "").split(".").at(-1) ?? "";

/** A live host of a text that does not say so by a scheme: a public suffix of ICANN's or one of those without a registry, and not the look of a file or of code. */
export function looksLikeHost(host: string): boolean {
  const label = lastLabel(host);
  const lower = label.toLowerCase();
  if (FILE_ENDINGS.has(lower) || NEVER_DOMAINS.has(lower) || SOFTWARE.has(host.toLowerCase())) return false;
  // "…the attack.In 2022": a sentence that follows without a blank.
  if (/^[A-Z][a-z]/.test(label)) return false;
  if (UNLISTED_DOMAINS.has(lower)) return host.includes(".");
  const found = parse(host, { allowPrivateDomains: false, validateHostname: false });
  return found.isIcann === true && found.domain !== null;
}

/** A defanged name is meant as a host, whatever its last label (`.onion`, misspelt), but for a file's. */
export const canBeHost = (host: string): boolean => !NEVER_DOMAINS.has(lastLabel(host).toLowerCase());

/** `version 1.2.3.4`, `v1.2.3.4`, `build: 10.0.1.2`: what stands before a dotted quad that is no address. */
export const saysVersion = (before: string): boolean =>
  /(?:\b(?:version|versions|ver|v|build|release|firmware|revision|rev)[.:=]?\s{0,3})$/i.test(before.slice(-24));

/** Serial numbers of certificates have the length of an MD5. */
export const saysSerial = (before: string): boolean => /\bserial(?: numbers?)?\W{0,8}$/i.test(before.slice(-32));

/** A heading of AsciiDoc or markdown; its text, or `undefined`. */
export const headingOf = (line: string): string | undefined => /^(?:={1,6}|#{1,6})\s+(.*)$/.exec(line)?.[1];

export const isFence = (line: string): boolean => /^(?:-{4,}|`{3,}\w{0,20}|~{3,}|\.{4,})\s*$/.test(line);

/** A listed URL whose query or path ends in a file name with single blanks: the whole line is the URL. */
export const isUrlWithBlanks = (line: string): boolean =>
  line.length < 2048 &&
  /^(?:h(?:tt|xx)ps?|ftp)\S*:\/\/\S+(?: \S+)+\.[A-Za-z0-9]{2,4}$/i.test(line) &&
  line.split("://").length === 2;
