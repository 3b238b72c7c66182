import { CHARACTER_SETS } from "./character-sets.ts";
import { type Form, type Judgement, yesNo } from "./form.ts";

/** Values of observables of files and hosts (STIX 2.1 sections 3.9, 6.1, 6.7, 6.14, 6.17). */

/** One attribute of a CPE: `*`, `-`, or text of letters, digits, `-._` and quoted punctuation with `*` or `?` at its ends (NISTIR 7695 section 6.2). */
const ATTRIBUTE = /^(?:[*-]|(?:\*|\?*)(?:[A-Za-z0-9\-._]|\\[!-~])+(?:\*|\?*))$/;

/** The parts between colons that no backslash quotes. */
function cpeParts(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === ":") {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function isCpe(text: string): boolean {
  if (!text.startsWith("cpe:2.3:")) return false;
  const [part = "", ...attributes] = cpeParts(text.slice("cpe:2.3:".length));
  return /^[aho*-]$/.test(part) && attributes.length === 10 && attributes.every((one) => ATTRIBUTE.test(one));
}

export const CPE: Form = {
  code: "stix.cpe",
  allowed: "must be a CPE 2.3 formatted string: cpe:2.3:, the part a, h or o, and ten attributes",
  judge: yesNo(isCpe),
};

const MEDIA_TYPE = /^([A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*)\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/;
const TOP_LEVEL = new Set("application audio example font haptics image message model multipart text video".split(" "));

function judgeMediaType(text: string): Judgement {
  // Parameters are no part of the registered name, and are often written along.
  const [essence = ""] = text.split(";", 1);
  const [, top] = MEDIA_TYPE.exec(essence.trim()) ?? [];
  if (top === undefined) return "bad";
  if (essence !== text) return { odd: "has parameters, which are no part of the name of a media type" };
  if (TOP_LEVEL.has(top.toLowerCase())) return "good";
  return /^x-/i.test(top) ? { odd: `${top} is no top-level type of the registry` } : "bad";
}

export const MEDIA_TYPE_NAME: Form = {
  code: "stix.media_type",
  allowed: "must be a media type such as application/pdf",
  judge: judgeMediaType,
};
/** Of a file the type is what was stated somewhere, so that it is only remarked on (section 6.7). */
export const STATED_MEDIA_TYPE: Form = {
  code: "stix.media_type",
  allowed: "should be a media type such as application/msword",
  judge: (text) =>
    judgeMediaType(text) === "good"
      ? "good"
      : { odd: "should be a media type of the registry such as application/msword" },
};

export const CHARACTER_SET_NAME: Form = {
  code: "stix.character_set",
  allowed:
    "must be the name of a character set in the IANA registry, its preferred MIME name where it has one, such as UTF-8 or windows-1252",
  judge: yesNo((text) => text.length <= 250 && CHARACTER_SETS.has(text.toLowerCase())),
};

const TRUNCATED_HIVE = /^(?:HKLM|HKCU|HKCR|HKCC|HKU|HKPD|HKDD)(?:\\|\/|$)/i;

export const REGISTRY_KEY: Form = {
  code: "stix.registry_hive",
  allowed: "must have its hive written out: HKEY_LOCAL_MACHINE, not HKLM",
  judge: yesNo((text) => !TRUNCATED_HIVE.test(text)),
};

/** When a binary was made (section 6.7.6); that it is a timestamp is judged by its shape. */
export const TO_THE_SECOND: Form = {
  code: "stix.timestamp_second",
  allowed: "must be precise to the second, without a fraction",
  judge: yesNo((text) => !text.includes(".")),
};

/** RFC 4648: groups of four with padding (section 2.1). */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
export const isBase64 = (text: string): boolean => text.length % 4 === 0 && BASE64.test(text);
