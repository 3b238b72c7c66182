import type { Form, Judgement } from "./form.ts";
import { yesNo } from "./form.ts";

/** Names and other short texts of the common rules (STIX 2.1 sections 2.3, 2.11, 3.1, 5.1, 7.3). */

const PROPERTY = /^[a-z][a-z0-9_]{2,249}$/;
export const isPropertyName = (name: string): boolean => name === "id" || PROPERTY.test(name);

const DICTIONARY_KEY = /^[A-Za-z0-9_-]{1,250}$/;
export const isDictionaryKey = (key: string): boolean => DICTIONARY_KEY.test(key);

const HASH_NAME = /^[A-Za-z0-9_-]{3,250}$/;
export const isHashName = (name: string): boolean => HASH_NAME.test(name);

const WORDS = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Lower case with hyphens between words: how a value that no vocabulary has should look (section 2.14). */
export const isHyphenated = (text: string): boolean => text.length <= 1000 && WORDS.test(text);

const RELATIONSHIP_TYPE = /^[a-z0-9-]+$/;
export const RELATIONSHIP_TYPE_NAME: Form = {
  code: "stix.relationship_type",
  allowed: "must be of lower-case letters, digits and hyphens",
  judge: yesNo((text) => RELATIONSHIP_TYPE.test(text)),
};

function judgeKillChain(text: string): Judgement {
  if (text === "lockheed-martin-cyber-kill-chain") return "good";
  if (/lockheed/i.test(text.slice(0, 200))) return "bad";
  return isHyphenated(text) ? "good" : { odd: "should be lower case with hyphens between words" };
}
export const KILL_CHAIN_NAME: Form = {
  code: "stix.kill_chain_name",
  allowed: "must be lockheed-martin-cyber-kill-chain where that chain is meant",
  judge: judgeKillChain,
};
export const PHASE_NAME: Form = {
  code: "stix.kill_chain_form",
  allowed: "should be lower case with hyphens between words",
  judge: (text) => (isHyphenated(text) ? "good" : { odd: "should be lower case with hyphens between words" }),
};

const SEMANTIC_VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
export const VERSION: Form = {
  code: "stix.semantic_version",
  allowed: "should be a semantic version such as 1.2.1",
  judge: (text) =>
    text.length <= 250 && SEMANTIC_VERSION.test(text) ? "good" : { odd: "should be a semantic version such as 1.2.1" },
};

/** A property that an extension definition adds: it has a name as of section 7.3. */
export const ADDED_PROPERTY: Form = {
  code: "stix.property_name",
  allowed: "must be 3 to 250 lower-case letters, digits and underscores, a letter first",
  judge: yesNo((text) => PROPERTY.test(text)),
};

/** Names of products should look alike (section 4.12). */
export const PRODUCT: Form = {
  code: "stix.product_form",
  allowed: "should be lower case with hyphens between words",
  judge: (text) => (isHyphenated(text) ? "good" : { odd: "should be lower case with hyphens between words" }),
};
