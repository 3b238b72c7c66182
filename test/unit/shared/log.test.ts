import request from "supertest";
import { z } from "zod";
import { route } from "../../../server/http/route.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { makeLog } from "../../../server/shared/log.ts";
import { PASSWORD, temporaryApp } from "../../support/temporary-app.ts";

function gathered(): { lines: Record<string, unknown>[]; text: () => string; log: ReturnType<typeof makeLog> } {
  const lines: Record<string, unknown>[] = [];
  const log = makeLog("info", { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { lines, text: () => JSON.stringify(lines), log };
}

describe("log", () => {
  test("a record – with secrets at the top or one level down – is written without them", () => {
    const { log, text } = gathered();
    log.info(
      { password: "S1", accessToken: "S2", headers: { authorization: "S3", "x-api-key": "S4", cookie: "S5" } },
      "m",
    );
    log.info({ body: { refreshToken: "S6", password: "S7" }, apiKey: "S8", "x-api-key": "S9" });
    expect(text()).not.toMatch(/S\d/);
    expect(text().match(/\[redacted\]/g)?.length).toBe(9);
  });

  test("requests – with tokens, values and queries – are logged by route, without any of these", async () => {
    const { log, lines, text } = gathered();
    const routes = [
      route({
        method: "GET",
        path: "/things/{id}",
        summary: "Fails",
        tag: "test",
        needs: "read",
        query: z.strictObject({ value: z.string() }),
        replies: { 200: z.object({}) },
        handler: async ({ query }) => {
          if (query.value === "foreseen") throw new Fault("conflict", "no");
          throw new Error("the detail of a bug");
        },
      }),
    ];
    const made = await temporaryApp({ routes, log });
    await made.account({ id: "j1" });
    const get = (value: string) => request(made.app).get(`/things/hidden-id?value=${value}`).auth("j1", PASSWORD);
    const [foreseen, bug] = [await get("foreseen"), await get("secret-value")];
    await request(made.app).post("/api/v1/auth/login").send({ username: "j1", password: PASSWORD });
    expect([foreseen.status, bug.status]).toEqual([409, 500]);
    expect(bug.text).not.toContain("detail of a bug");
    const failure = lines.find(({ error_id }) => error_id !== undefined);
    expect(failure).toMatchObject({ error_id: bug.body.error.error_id, err: { message: "the detail of a bug" } });
    expect(lines.filter(({ route: at }) => at === "/things/{id}").map(({ status }) => status)).toEqual([409, 500]);
    for (const secret of ["secret-value", "hidden-id", PASSWORD, Buffer.from(`j1:${PASSWORD}`).toString("base64")])
      expect(text()).not.toContain(secret);
    await made.close();
  });
});
