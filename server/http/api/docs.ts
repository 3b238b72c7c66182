import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Fault } from "../../shared/fault.ts";
import { type Answer, type Route, route } from "../route.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tricord API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Of its own file, since the content security policy allows no script inside the page; no validator, since that asks another host. */
const START = `window.ui = SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false
});
`;

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

/** The page that shows the document, from our own files and swagger-ui-dist's: no other host is asked. `document` gives the OpenAPI text. */
export function docsRoutes({ document }: { readonly document: () => string }): Route[] {
  const files = new Map<string, Promise<Buffer>>();
  const fileOf = (name: string): Promise<Buffer> => {
    const require = createRequire(import.meta.filename);
    const folder = dirname(require.resolve("swagger-ui-dist/package.json"));
    const held = files.get(name) ?? readFile(join(folder, name));
    files.set(name, held);
    return held;
  };
  const page = async (): Promise<Answer> => ({
    status: 200,
    raw: PAGE,
    type: "text/html; charset=utf-8",
    headers: { "Content-Security-Policy": CSP },
  });
  const shown = { method: "GET", tag: "docs", needs: "anyone", replies: { 200: { stream: ["text/html"] } } } as const;
  return [
    route({
      method: "GET",
      path: "/api/v1/openapi.json",
      summary: "This document",
      tag: "docs",
      needs: "anyone",
      replies: { 200: { stream: ["application/json"] } },
      handler: async () => ({ status: 200, raw: document() }),
    }),
    route({ ...shown, path: "/docs", summary: "This document to browse", handler: page }),
    route({ ...shown, path: "/docs/", summary: "The same with a slash", handler: page }),
    route({
      method: "GET",
      path: "/docs/{file}",
      summary: "What that page is made of",
      tag: "docs",
      needs: "anyone",
      replies: { 200: { stream: ["text/javascript", "text/css", "image/png"] } },
      handler: async ({ params }) => {
        const name = params.file ?? "";
        if (name === "start.js") return { status: 200, raw: START, type: "text/javascript; charset=utf-8" };
        const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
        if (type === undefined) throw new Fault("not_found", "no such file of the page");
        return { status: 200, raw: await fileOf(name), type };
      },
    }),
  ];
}
