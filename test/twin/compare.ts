import type { Ask, Reply } from "../support/temporary-world.ts";

/** Two worlds that differ only in what is hidden from a viewer gave that viewer two answers. */
export class TwinDifference extends Error {}

const VOLATILE = new Set(["date"]);
const headersOf = ({ headers }: Reply): string =>
  JSON.stringify(Object.entries(headers).filter(([name]) => !VOLATILE.has(name)));

function around(a: Buffer, b: Buffer): string {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  const cut = (bytes: Buffer): string => bytes.subarray(Math.max(0, at - 200), at + 300).toString("utf8");
  return `at byte ${at}\n  A: …${cut(a)}…\n  B: …${cut(b)}…`;
}

/** Throws `TwinDifference` where two answers to one request are not the same byte for byte. */
export function compare(ask: Ask, a: Reply, b: Reply): void {
  const told = `${ask.method} ${ask.path}${ask.body === undefined ? "" : ` ${JSON.stringify(ask.body).slice(0, 600)}`}`;
  if (a.status !== b.status)
    throw new TwinDifference(
      `${told}\n  answers ${a.status} and ${b.status}\n  A: ${a.body.toString().slice(0, 300)}\n  B: ${b.body.toString().slice(0, 300)}`,
    );
  if (!a.body.equals(b.body)) throw new TwinDifference(`${told}\n  differs ${around(a.body, b.body)}`);
  if (headersOf(a) !== headersOf(b))
    throw new TwinDifference(`${told}\n  headers differ\n  A: ${headersOf(a)}\n  B: ${headersOf(b)}`);
}

/** The route of the document that a request is for. */
export function routeOf(paths: readonly string[], { method, path }: Ask): string | undefined {
  const [plain = ""] = path.split("?");
  const asked = plain.split("/");
  const fits = (pattern: string): boolean => {
    const [of = "", shape = ""] = pattern.split(" ");
    const parts = shape.split("/");
    return (
      of === method &&
      parts.length === asked.length &&
      parts.every((part, i) => part.startsWith("{") || part === asked[i])
    );
  };
  // Of `/releases/onward` and `/releases/{release}` the one that says more.
  return paths.find((pattern) => pattern === `${method} ${plain}`) ?? paths.find(fits);
}
