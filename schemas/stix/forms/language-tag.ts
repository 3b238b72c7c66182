import type { Form, Judgement } from "./form.ts";
import { isRegisteredLanguage } from "./language-subtags.ts";

/** Language tags (RFC 5646): well-formed by its grammar, with a primary language that is registered. */

const LANGUAGE = /^[a-z]{2,8}$/;
const EXTLANG = /^[a-z]{3}$/;
const SCRIPT = /^[a-z]{4}$/;
const REGION = /^(?:[a-z]{2}|\d{3})$/;
const VARIANT = /^(?:[a-z0-9]{5,8}|\d[a-z0-9]{3})$/;
const SINGLETON = /^[a-wy-z0-9]$/;
const EXTENSION = /^[a-z0-9]{2,8}$/;
const PRIVATE = /^[a-z0-9]{1,8}$/;

/** Tags from before the grammar, registered as a whole (RFC 5646 section 2.2.8). */
const GRANDFATHERED = new Set(
  (
    "en-gb-oed i-ami i-bnn i-default i-enochian i-hak i-klingon i-lux i-mingo i-navajo i-pwn i-tao i-tay i-tsu sgn-be-fr " +
    "sgn-be-nl sgn-ch-de art-lojban cel-gaulish no-bok no-nyn zh-guoyu zh-hakka zh-min zh-min-nan zh-xiang"
  ).split(" "),
);
/** Longer is no tag that anybody made, and costs time. */
const LONGEST = 250;

/** Whether the parts after the primary language follow the grammar. */
function restIsWellFormed(parts: readonly string[], extlangs: boolean): boolean {
  let at = 1;
  const is = (form: RegExp): boolean => form.test(parts[at] ?? "");
  for (let count = 0; extlangs && count < 3 && is(EXTLANG); count++) at++;
  if (is(SCRIPT)) at++;
  if (is(REGION)) at++;
  const variants = new Set<string>();
  for (; is(VARIANT); at++) {
    if (variants.has(parts[at] ?? "")) return false;
    variants.add(parts[at] ?? "");
  }
  const singletons = new Set<string>();
  while (is(SINGLETON)) {
    if (singletons.has(parts[at] ?? "")) return false;
    singletons.add(parts[at] ?? "");
    at++;
    const from = at;
    while (is(EXTENSION)) at++;
    if (at === from) return false;
  }
  if (parts[at] === "x") {
    at++;
    const from = at;
    while (is(PRIVATE)) at++;
    if (at === from) return false;
  }
  return at === parts.length;
}

function judge(text: string): Judgement {
  if (text === "en" || text === "ko" || text === "ja") return "good";
  if (text.length > LONGEST) return "bad";
  const tag = text.toLowerCase();
  if (GRANDFATHERED.has(tag)) return "good";
  const parts = tag.split("-");
  const [primary = ""] = parts;
  if (primary === "x") return parts.length > 1 && parts.slice(1).every((part) => PRIVATE.test(part)) ? "good" : "bad";
  if (!LANGUAGE.test(primary) || !restIsWellFormed(parts, primary.length <= 3)) return "bad";
  return isRegisteredLanguage(primary) ? "good" : "bad";
}

const allowed = "must be a language tag of RFC 5646 such as ko, ja or zh-Hant-TW, with a registered language";

export const LANGUAGE_TAG: Form = { code: "stix.lang", allowed, judge };

/** As a language; codes of ISO 639-2 that have a shorter one were asked for once, and are still taken (section 6.14). */
export const SOFTWARE_LANGUAGE: Form = {
  code: "stix.lang",
  allowed,
  judge: (text) => {
    const judged = judge(text);
    if (judged !== "bad" || !/^[a-z]{3}$/.test(text)) return judged;
    const [shorter = text] = Intl.getCanonicalLocales(text);
    return shorter.length === 2 ? { odd: `a code of ISO 639-2; RFC 5646 has ${shorter} for it` } : "bad";
  },
};

export const isLanguageTag = (text: string): boolean => judge(text) === "good";
