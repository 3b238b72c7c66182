import { gzipSync } from "node:zlib";
import { z } from "zod";
import type { Route } from "../../server/http/route.ts";
import type { RawRequest } from "./raw-http.ts";

/** What is done to each route, made from its record: every attack is a name and a request that no honest client sends. */
export type Attack = readonly [name: string, request: RawRequest];

export const METHODS = [
  ...(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const),
  ...(["TRACE", "PROPFIND", "BREW", "get", "CONNECT"] as const),
];

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const deepObject = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

/** Bodies that are no body of any route. */
const BODIES: ReadonlyArray<readonly [string, string | Uint8Array]> = [
  ["nothing", ""],
  ["null", "null"],
  ["a list", "[]"],
  ["an empty object", "{}"],
  ["a string", '"x"'],
  ["a number past all numbers", "1e400"],
  ["a number of 3,000 digits", `{"a":${"9".repeat(3000)}}`],
  ["10,000 lists in each other", deep(10_000)],
  ["10,000 objects in each other", deepObject(10_000)],
  ["10,000 lists below objects", `{"objects":${deep(10_000)}}`],
  ["a list that never ends", "[".repeat(10_000)],
  ["__proto__ as a key", '{"__proto__":{"admin":true},"objects":[]}'],
  ["constructor as a key", '{"constructor":{"prototype":{"admin":true}}}'],
  ["an empty key", '{"":1}'],
  ["the same key twice", '{"objects":[],"objects":[]}'],
  ["what is no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ["UTF-16", Buffer.from('{"objects":[]}', "utf16le")],
  ["NUL bytes", Buffer.alloc(1000)],
  ["NUL within a string", '{"a":"\u0000"}'],
  ["half a surrogate", '{"a":"\\ud800","reason":"\\udc00"}'],
  ["JSON that is cut off", '{"objects":[{"type":"tool","id":"tool--'],
  ["what is packed", gzipSync('{"objects":[]}')],
  ["10,000 members", JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])))],
  ["10,000 nulls", `{"objects":[${"null,".repeat(9999)}null]}`],
];

const TYPES = [
  ...["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"],
  ...["application/json; charset=utf-16", "application/taxii+json;version=9.9", "application/", "a".repeat(5000)],
];
const ENCODINGS = ["gzip", "br", "deflate, gzip", "identity, identity", "x".repeat(5000)];

/** The media type in which a route takes a body. */
const typeOf = ({ face }: Route): string => face?.type ?? "application/json";
const withBody = (route: Route, path: string, body: string | Uint8Array, type = typeOf(route)): RawRequest => ({
  ...{ method: route.method, path, body },
  ...(type === "" ? {} : { headers: [["Content-Type", type]] }),
});

export const bodyAttacks = (route: Route, path: string): Attack[] =>
  BODIES.map(([name, body]) => [`a body: ${name}`, withBody(route, path, body)]);

export const mediaAttacks = (route: Route, path: string): Attack[] => [
  ...TYPES.map((type): Attack => [`a body as ${type.slice(0, 40)}`, withBody(route, path, "{}", type)]),
  ...ENCODINGS.map((encoding): Attack => {
    const asked = withBody(route, path, "{}");
    return [
      `a body in ${encoding.slice(0, 20)}`,
      { ...asked, headers: [...(asked.headers ?? []), ["Content-Encoding", encoding]] },
    ];
  }),
];

const ODD: readonly unknown[] = [
  ...[null, [], {}, -1, true, "", "\u0000", "\ud800", "x".repeat(10_000), [null], { a: { b: [] } }, "__proto__"],
];

/** Members of a body that is an object, as its JSON Schema names them. */
function membersOf({ body }: Route): string[] {
  if (!(body instanceof z.ZodType)) return [];
  interface Schema {
    readonly properties?: object;
    readonly $ref?: string;
    readonly $defs?: Readonly<Record<string, Schema>>;
  }
  const schema = z.toJSONSchema(body, { io: "input", unrepresentable: "any" }) as Schema;
  const named = schema.$defs?.[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;
  return Object.keys(named.properties ?? {});
}

/** Each member of a route's body with what it never is, the others with something plain. */
export const memberAttacks = (route: Route, path: string): Attack[] => {
  const members = membersOf(route);
  const plain = Object.fromEntries(members.map((name) => [name, "x"]));
  return members.flatMap((member) =>
    ODD.map(
      (value): Attack => [
        `the member ${member} as ${JSON.stringify(value)?.slice(0, 30)}`,
        withBody(route, path, JSON.stringify({ ...plain, [member]: value })),
      ],
    ),
  );
};

const SEGMENTS = [
  ...["%00", "%ff", "%", "%c0%af", "%ed%a0%80", ".", "..", "%2e%2e%2f%2e%2e%2f", "__proto__", "constructor"],
  ...["a".repeat(10_000), "%41".repeat(4000), "-1", "%F0%9F%99%82", "%0d%0aX:%20y", "'%20OR%201=1"],
];
const PARAM = /\{([a-z][A-Za-z0-9]*)\}/g;

/** Each part of a path that is a parameter, replaced. */
export const pathAttacks = (route: Route, pathOf: (change: Readonly<Record<string, string>>) => string): Attack[] =>
  [...route.path.matchAll(PARAM)].flatMap(([, name = ""]) =>
    SEGMENTS.map((segment): Attack => {
      const asked = { method: route.method, path: pathOf({ [name]: segment }) };
      const needs = route.body === undefined ? asked : withBody(route, asked.path, "{}");
      return [`{${name}} as ${segment.slice(0, 20)}`, needs];
    }),
  );

const VALUES = [
  ...["", "0", "-1", "9".repeat(400), "1e9", "1.5", "%00", "%ff", "%", "__proto__", "%5B%5D", "a".repeat(3000)],
  ...["%7B%22%24gt%22%3A%22%22%7D", "2026-02-30T00:00:00Z", "x,,y"],
];
/** A list of ids that still fits into a request line, and one that does not. */
const listOf = (count: number): string => Array.from({ length: count }, (_, i) => i.toString(36)).join();
const LONG = listOf(1200);
const TOO_LONG = listOf(10_000);

export const parametersOf = ({ query }: Route): string[] => Object.keys(query?.shape ?? {});

/** Each parameter of a query with what it never is, twice, and next to what no route knows. */
export const queryAttacks = (route: Route, path: string): Attack[] => {
  const ask = (query: string): RawRequest =>
    route.body === undefined
      ? { method: route.method, path: `${path}?${query}` }
      : withBody(route, `${path}?${query}`, "{}");
  return [
    ...["__proto__=1", "limt=5", "limit[$gt]=", "=&&", "%ff=1", "a".repeat(8000)].map(
      (query): Attack => [`the query ${query.slice(0, 20)}`, ask(query)],
    ),
    ...parametersOf(route).flatMap((name) => [
      ...VALUES.map((value): Attack => [`${name}=${value.slice(0, 20)}`, ask(`${name}=${value}`)]),
      [`${name} of 1,200 values`, ask(`${name}=${LONG}`)] as const,
      [`${name} of 10,000 values`, ask(`${name}=${TOO_LONG}`)] as const,
      [`${name} twice`, ask(`${name}=1&${name}=1`)] as const,
      [
        `${name} twice, once with an escape`,
        ask(`${name}=1&%${name.charCodeAt(0).toString(16)}${name.slice(1)}=1`),
      ] as const,
    ]),
  ];
};

const JSON_TEXT = '{"tlp":"GREEN"}';
/** Headers that handlers read, with what they never are. */
export const headerAttacks = (route: Route, path: string): Attack[] =>
  Object.keys(route.reads ?? {}).flatMap((name) =>
    [
      ...[
        "null",
        "[]",
        "{}",
        '"x"',
        "{",
        deep(5000),
        '{"__proto__":{"tlp":"CLEAR"}}',
        '{"tlp":"RED","tlp":"CLEAR"}',
        "\u00ff\u00fe",
        "x".repeat(12_000),
      ],
      ...[
        '{"tlp":"GREEN","releases":[{"agreement":"__proto__","countries":["USA"],"agencies":"*"}]}',
        '{"tlp":1e400}',
        `${JSON_TEXT}, ${JSON_TEXT}`,
      ],
    ].map(
      (value): Attack => [
        `${name}: ${value.slice(0, 30)}`,
        {
          ...withBody(route, path, "{}"),
          headers: [
            ["Content-Type", typeOf(route)],
            [name, value],
          ],
        },
      ],
    ),
  );
