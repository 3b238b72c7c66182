import type { z } from "zod";

import { pathText, show } from "./path-text.ts";
import type { Finding } from "./walk.ts";

type Problem = Omit<Finding, "rule">;

/** A schema's finding in our words: stable code, path, what was found and what is allowed. */

export const FORMAT_CODES: Readonly<Record<string, string>> = {
  "stix-id": "stix.id",
  "stix-ref": "stix.ref",
  "stix-timestamp": "stix.timestamp",
  "stix-hex": "stix.hex",
  "stix-base64": "stix.binary",
  "stix-amount": "stix.amount",
};

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown => {
  let at: unknown = root;
  for (const part of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
};

/** `root` is what the schema was given; `under` is where that stands in the object. */
export function schemaProblem(issue: z.core.$ZodIssue, root: unknown, under: readonly PropertyKey[] = []): Problem {
  const value = valueAt(root, issue.path);
  const path = pathText([...under, ...issue.path]);
  const problem = (code: string, message: string): Problem => ({ code, path, message });
  if (value === undefined && issue.code !== "custom") return problem("stix.required", "is missing");
  switch (issue.code) {
    case "invalid_type": {
      // A schema that has words of its own says more than the type: an amount says why it is never a number.
      const own = issue.message.startsWith("must be ") ? issue.message : undefined;
      return problem(
        "stix.type",
        `found ${show(value)}; ${own ?? `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}`}`,
      );
    }
    case "invalid_format":
      return problem(
        FORMAT_CODES[issue.format] ?? (issue.format.startsWith("stix-hash-") ? "stix.hash" : "stix.format"),
        `found ${show(value)}; ${issue.message}`,
      );
    case "invalid_value":
      return problem("stix.enum", `found ${show(value)}; must be ${issue.values.map((one) => show(one)).join(" or ")}`);
    case "too_small":
    case "too_big":
      if (issue.origin === "array") return problem("stix.list_empty", "is an empty list; leave it out instead");
      return problem(
        "stix.range",
        issue.code === "too_small"
          ? `found ${show(value)}; must be ${issue.minimum} or more`
          : `found ${show(value)}; must be ${issue.maximum} or less`,
      );
    case "unrecognized_keys":
      return problem("stix.unknown_key", `does not know ${issue.keys.slice(0, 10).map(show).join(", ")}`);
    case "custom": {
      const code: unknown = issue.params?.code;
      return problem(typeof code === "string" ? code : "stix.rule", issue.message);
    }
    default:
      return problem("stix.type", `found ${show(value)}, which has no allowed form`);
  }
}
