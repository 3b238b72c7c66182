import { z } from "zod";
import { REGISTRY } from "../../schemas/registry.ts";
import { REST } from "./rest-face.ts";
import type { ByteSpec, ReplySpec, Route } from "./route.ts";

type Json = Record<string, unknown>;

const REASONS: Readonly<Record<number, string>> = {
  200: "Done",
  201: "Made",
  202: "Taken; the reply says where to look",
  204: "Done; there is nothing to say",
  400: "The request can't be read: code, path and words say why",
  401: "Not signed in",
  403: "Signed in, but not with this verb",
  404: "Hidden, unknown or withdrawn: these are one",
  406: "No media type that this can be answered in",
  413: "The body is too large",
  415: "The media type or encoding is not taken",
  422: "Read, and not acceptable",
  429: "Past a limit; `Retry-After` says how long",
  500: "A fault of ours; the operator finds `error_id` in the log",
  503: "Not now; `Retry-After` says when",
};

/** Schemas by public name. Those with an id of their own (`meta({ id })`) become components; each name is of one schema. */
class Components {
  readonly schemas: Record<string, Json> = {};

  /** A JSON Schema (2020-12) of the schema as input, with what has a name moved here. */
  of(schema: z.ZodType): Json {
    const { $schema: _, $defs, ...root } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
    for (const [name, body] of Object.entries(($defs ?? {}) as Record<string, Json>)) this.#keep(name, body);
    const name = schema.meta()?.id;
    if (name === undefined) return this.#linked(root) as Json;
    this.#keep(name, root);
    return { $ref: `#/components/schemas/${name}` };
  }

  #keep(name: string, body: Json): void {
    const { id: _, $id: __, ...rest } = body;
    this.schemas[name] ??= this.#linked(rest, name) as Json;
  }

  /** References to definitions as references to components. */
  #linked(value: unknown, self?: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#linked(item, self));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (key !== "$ref" || typeof inner !== "string") return [key, this.#linked(inner, self)];
        const name = inner === "#" ? self : inner.replace("#/$defs/", "");
        return [key, `#/components/schemas/${name}`];
      }),
    );
  }
}

const isBytes = (body: z.ZodType | ByteSpec): body is ByteSpec => !(body instanceof z.ZodType);

function requestBody(body: z.ZodType | ByteSpec, components: Components): Json {
  if (isBytes(body)) {
    const schema = body.json === undefined ? {} : components.of(body.json);
    const content = Object.fromEntries((body.types ?? ["*/*"]).map((type) => [type, { schema }]));
    return { required: true, content };
  }
  const required = !body.safeParse(undefined).success;
  const inner = body instanceof z.ZodOptional ? (body.unwrap() as z.ZodType) : body;
  return { required, content: { "application/json": { schema: components.of(inner) } } };
}

/** Media type of JSON bodies, as the document has it. */
const jsonType = ({ face }: Route): string => (face === undefined ? "application/json" : face.type);

function reply(status: number, spec: ReplySpec, type: string, components: Components): Json {
  const description = REASONS[status] ?? "As the body says";
  if (spec === "empty") return { description };
  if (spec instanceof z.ZodType) return { description, content: { [type]: { schema: components.of(spec) } } };
  return { description, content: Object.fromEntries(spec.stream.map((type) => [type, { schema: {} }])) };
}

/** The statuses that the router itself may answer a route with. */
function faultStatuses(route: Route): number[] {
  return [
    400,
    ...(route.needs === "anyone" ? [] : [401, 429]),
    ...(route.needs === "anyone" || route.needs === "signed-in" ? [] : [403]),
    ...(route.path.includes("{") ? [404] : []),
    ...(route.face === undefined ? [] : [406]),
    ...(route.body === undefined ? [] : [413, 415]),
    500,
    503,
  ];
}

/** A JSON Schema as a parameter's: OpenAPI gives whether it is required beside it. */
function parameters(schema: z.ZodObject | undefined, where: "query" | "path", components: Components): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, part]) => {
    const field = part as z.ZodType;
    const optional = field.safeParse(undefined).success;
    const inner = field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field;
    const description = field.description ?? inner.description;
    return {
      ...{ name, in: where, required: where === "path" || !optional },
      ...(description !== undefined && { description }),
      schema: components.of(inner),
    };
  });
}

const pathNames = (path: string): string[] => [...path.matchAll(/\{([A-Za-z0-9]+)\}/g)].map((match) => match[1] ?? "");

/** `getApiV1ObjectsById` of GET /api/v1/objects/{id}. */
function operationId({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9{}]+/).filter((word) => word !== "");
  const named = words.map((word) => (word.startsWith("{") ? `By-${word.slice(1, -1)}` : word));
  const joined = named.flatMap((word) => word.split("-")).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${method.toLowerCase()}${joined.join("")}${path.length > 1 && path.endsWith("/") ? "Slash" : ""}`;
}

function operation(route: Route, components: Components): Json {
  const plain = route.params === undefined ? pathNames(route.path) : [];
  const type = jsonType(route);
  const replies: Json = {};
  for (const [status, spec] of Object.entries(route.replies))
    replies[status] = reply(Number(status), spec, type, components);
  const fault = (route.face ?? REST).faultReply;
  for (const status of faultStatuses(route)) replies[status] ??= reply(status, fault, type, components);
  const all = [
    ...parameters(route.params, "path", components),
    ...plain.map((name) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string", minLength: 1, maxLength: 300 },
    })),
    ...parameters(route.query, "query", components),
    ...Object.entries(route.reads ?? {}).map(([name, description]) => ({
      ...{ name, in: "header", required: false, description },
      schema: { type: "string" },
    })),
  ];
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    "x-needs": route.needs,
    ...(route.needs === "anyone" && { security: [] }),
    ...(all.length > 0 && { parameters: all }),
    ...(route.body !== undefined && { requestBody: requestBody(route.body, components) }),
    responses: replies,
  };
}

/**
 * The OpenAPI 3.1 document of these routes, as JSON text that ends in a line break. It depends on the records alone: same routes, same bytes.
 * `named` are schemas that are published whether a route uses them or not.
 */
export function openapiText(
  routes: readonly Route[],
  named: Readonly<Record<string, z.ZodType>> = Object.fromEntries(REGISTRY),
): string {
  const components = new Components();
  for (const schema of Object.values(named)) components.of(schema);
  const paths: Record<string, Json> = {};
  for (const route of [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
  const schemas = Object.fromEntries(Object.entries(components.schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Tricord",
      version: "1",
      description:
        "Intelligence-sharing exchange over STIX 2.1. What a caller may not see is absent: 404 or a shorter list.",
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }, { basic: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
        basic: { type: "http", scheme: "basic" },
      },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
