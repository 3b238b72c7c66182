import type { Ask, Credential } from "../support/temporary-world.ts";

interface OddAsk {
  readonly ask: Ask;
  readonly credential?: Credential;
}

const withQuery = (path: string, more: string): string => `${path}${path.includes("?") ? "&" : "?"}${more}`;

/** Where a request that is not as it should be would do something all the same: sign the viewer out. */
const NOT_TO_REPEAT = /^POST \/api\/v1\/auth\//;

/**
 * Requests that no client means, on paths that were asked: conditional ones, other methods, parameters and media types that there are not, bodies that are none.
 * A third of them, another one each turn. Their answers come from checks that stand before and after the one look-up, and must hang on nothing hidden (policy 7, validation order, status, headers).
 */
export function oddAsks(route: string, first: Ask, last: Ask, turn: number): OddAsk[] {
  const conditional = { "If-None-Match": 'W/"1", "x", *', "If-Modified-Since": "Sat, 11 Apr 2026 09:30:00 GMT" };
  if (NOT_TO_REPEAT.test(route)) return [{ ask: { method: "PUT", path: first.path } }];
  const odd: readonly OddAsk[] =
    first.method === "GET"
      ? [
          { ask: { method: "GET", path: first.path, headers: conditional } },
          { ask: { method: "HEAD", path: last.path, headers: conditional } },
          { ask: { method: "GET", path: withQuery(last.path, "unasked=1") } },
          { ask: { method: "GET", path: last.path, headers: { Accept: "text/html", "Accept-Encoding": "gzip, br" } } },
          { ask: { method: "PATCH", path: last.path, body: {} } },
          { ask: last, credential: "none" },
        ]
      : [
          {
            ask: { method: first.method, path: first.path, body: "{", headers: { "Content-Type": "application/json" } },
          },
          { ask: { method: last.method, path: last.path, body: [], headers: conditional } },
          { ask: { method: "PUT", path: last.path, body: {} } },
          { ask: { ...last, path: withQuery(last.path, "unasked=1") } },
          { ask: { ...last, headers: { ...last.headers, "Content-Type": "text/plain" } } },
          { ask: last, credential: "none" },
        ];
  return odd.filter((_, i) => i % 3 === turn % 3);
}
