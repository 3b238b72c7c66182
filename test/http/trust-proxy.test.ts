import request from "supertest";
import { z } from "zod";
import { route } from "../../server/http/route.ts";
import { makeApp } from "../../server/http/router.ts";
import { Fault } from "../../server/shared/fault.ts";
import { makeLog } from "../../server/shared/log.ts";
import { testWorld } from "../support/temporary-app.ts";

const appOf = (trustProxy?: readonly string[]) =>
  makeApp({
    routes: [
      route({
        ...{ method: "GET", path: "/address", summary: "", tag: "test", needs: "anyone" },
        replies: { 200: z.object({ address: z.string() }) },
        handler: async ({ address }) => ({ status: 200, body: { address } }),
      }),
    ],
    authenticate: () => Promise.reject(new Fault("unauthorized", "nobody")),
    moments: testWorld().moments,
    log: makeLog("silent"),
    ...(trustProxy === undefined ? {} : { trustProxy }),
  });

const PEER = /^(::ffff:)?127\.0\.0\.1$|^::1$/;

describe("where a request comes from", () => {
  test.each([
    ["nobody is trusted", undefined, "198.51.100.1", PEER],
    ["an empty list", [], "198.51.100.1", PEER],
    ["another one is trusted", ["192.0.2.0/24"], "198.51.100.1", PEER],
    ["the peer is trusted", ["127.0.0.0/8", "::1"], "198.51.100.1", /^198\.51\.100\.1$/],
    [
      "the client put addresses before its own",
      ["127.0.0.0/8", "::1"],
      "203.0.113.9, 10.0.0.1, 198.51.100.1",
      /^198\.51\.100\.1$/,
    ],
    [
      "two proxies are trusted",
      ["127.0.0.0/8", "::1", "10.0.0.0/8"],
      "203.0.113.9, 198.51.100.1, 10.0.0.1",
      /^198\.51\.100\.1$/,
    ],
    ["the peer is trusted and says nothing", ["127.0.0.0/8", "::1"], undefined, PEER],
  ])("the address – where %s – is the one that can be believed", async (_, trusted, said, wanted) => {
    const asked = request(appOf(trusted)).get("/address");
    const { body } = await (said === undefined
      ? asked
      : asked.set("X-Forwarded-For", said).set("X-Forwarded-Host", "evil.example").set("X-Real-IP", "203.0.113.1"));
    expect(body.address).toMatch(wanted);
  });
});
