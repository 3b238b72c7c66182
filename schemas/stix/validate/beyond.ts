import { z } from "zod";
import { OWN_EXTENSIONS } from "../own-extensions.ts";
import type { Beyond, ExtensionCheck } from "./check-object.ts";
import { schemaProblem } from "./schema-problem.ts";

/** What a check knows beyond the standard, and how more is added to it. */

/** A check of an extension by the declared shape of what stands under its id, or of the whole object that it defines. */
export function extensionByShape(shape: z.ZodType, of: ExtensionCheck["of"] = "content"): ExtensionCheck {
  return {
    of,
    check: (value, walk) => {
      for (const issue of shape.safeParse(value).error?.issues ?? []) {
        const { code, message } = schemaProblem(issue, value);
        walk.add(code, message, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part)));
      }
    },
  };
}

/**
 * The same by a JSON Schema (draft 2020-12, 7 or 4), as extension definitions carry it. Its regular expressions run on what is
 * sent, so register what you trust; one that Zod can't read throws here.
 */
export function extensionByJsonSchema(
  schema: Readonly<Record<string, unknown>>,
  of: ExtensionCheck["of"] = "content",
): ExtensionCheck {
  const { check } = extensionByShape(z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema), of);
  return {
    of,
    check: (value, walk) => {
      const before = walk.errors.length;
      check(value, walk);
      // What somebody's schema refuses breaks that extension's rules, whatever rule of a shape it is.
      for (const [at, error] of walk.errors.entries())
        if (at >= before) walk.errors[at] = { ...error, code: "stix.extension_content", rule: "7.3" };
    },
  };
}

/** Our own extensions. */
export const OURS: Beyond = {
  extensions: new Map(Object.entries(OWN_EXTENSIONS).map(([id, { content }]) => [id, extensionByShape(content)])),
};

/** What is known, and more. */
export const knowing = (more: Beyond, known: Beyond = OURS): Beyond => ({
  patterns: new Map([...(known.patterns ?? []), ...(more.patterns ?? [])]),
  extensions: new Map([...(known.extensions ?? []), ...(more.extensions ?? [])]),
});
