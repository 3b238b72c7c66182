import request from "supertest";
import { type TemporaryApp, temporaryApp } from "../support/temporary-app.ts";

describe("the browsable document", () => {
  let made: TemporaryApp;
  beforeAll(async () => {
    made = await temporaryApp();
  });
  afterAll(() => made.close());

  test("/docs – and all that it names – is served from here, under a policy that allows no other host", async () => {
    const page = await request(made.app).get("/docs");
    expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers["content-security-policy"]).toContain("script-src 'self'");
    expect(page.headers["content-security-policy"]).not.toMatch(/unsafe|https?:/);
    const named = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(named.length).toBe(4);
    expect(page.text).not.toMatch(/https?:\/\/|<script>|style=/);
    for (const path of named) {
      const file = await request(made.app).get(path);
      expect([path, file.status, Number(file.headers["content-length"]) > 100]).toEqual([path, 200, true]);
    }
    expect((await request(made.app).get("/docs/")).text).toBe(page.text);
  });

  test("/api/v1/openapi.json – asked by anyone – is OpenAPI 3.1 of the routes there are", async () => {
    const { status, body } = await request(made.app).get("/api/v1/openapi.json");
    expect([status, body.openapi]).toEqual([200, "3.1.0"]);
    expect(Object.keys(body.paths)).toContain("/api/v1/auth/login");
  });

  test("/healthz and /readyz – asked by anyone – answer", async () => {
    expect((await request(made.app).get("/healthz")).body).toEqual({ status: "alive" });
    expect((await request(made.app).get("/readyz")).body).toEqual({ status: "ready" });
  });
});
