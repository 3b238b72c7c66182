import { z } from "zod";
import { Fault } from "../shared/fault.ts";

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new Fault("bad_request", "the query has a percent sign that is no UTF-8 escape", {
      code: "query.encoding",
      cause,
    });
  }
};

/**
 * The query string's parameters, each at most once, all of them known. An unknown name hides a typing mistake, and of a repeated one
 * every reader picks another, so both are a 400 (`query.unknown`, `query.repeated`).
 */
export function readQuery(url: string, known: readonly string[]): Record<string, string> {
  const mark = url.indexOf("?");
  const found = new Map<string, string>();
  for (const pair of mark === -1 ? [] : url.slice(mark + 1).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (!known.includes(name)) {
      const allowed = known.length === 0 ? "none is allowed here" : `allowed are ${known.join(", ")}`;
      throw new Fault("bad_request", `unknown query parameter; ${allowed}`, { code: "query.unknown", path: name });
    }
    if (found.has(name))
      throw new Fault("bad_request", "this query parameter is there twice", { code: "query.repeated", path: name });
    const text = equals === -1 ? "" : pair.slice(equals + 1);
    // A plus stands for a blank, but no TLP has one: AMBER+STRICT may be typed as it is written.
    found.set(name, decode(name === "tlp" ? text.replaceAll("+", "%2B") : text));
  }
  return Object.fromEntries(found);
}

/** Dotted path with list places in brackets: `releases[0].agreement`. */
const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );

/** The value as the schema has it, or `Fault("bad_request")` with the first problem: code `<part>.<what>`, path and words. */
export function checked<T>(part: "params" | "query" | "body", schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue === undefined ? "" : pathOf(issue.path);
  throw new Fault("bad_request", issue?.message ?? "this is not what the route takes", {
    code: `${part}.${issue?.code ?? "invalid"}`,
    ...(path !== "" && { path }),
  });
}

/** What a path parameter without a schema may be. */
export const PathText = z.string().min(1).max(300);
