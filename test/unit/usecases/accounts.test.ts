import { Agencies, ApiKeys, Audit, Sessions } from "../../../server/storage/collections.ts";
import type { NewAccount } from "../../../server/usecases/accounts.ts";
import { readRevision } from "../../../server/usecases/policy-revision.ts";
import { viewerOf } from "../../../server/usecases/viewer-of.ts";
import { PASSWORD, type TemporaryApp, temporaryApp } from "../../support/temporary-app.ts";

const base: NewAccount = {
  ...{ id: "a1", name: "A", role: "analyst", agency: "JP-NPA", clearance: "U", topics: [], pii: false, scope: "write" },
};
const { agency: _, ...alone } = base;

describe("accounts", () => {
  let made: TemporaryApp;
  beforeAll(async () => {
    made = await temporaryApp();
  });
  afterAll(() => made.close());
  const create = (account: NewAccount) => made.identity.accounts.create(account, "operator", made.world.moments());

  test.each<[string, NewAccount, string, string]>([
    ["an unknown agency", { ...base, agency: "JP-XXX" }, "account.unknown_agency", "agency"],
    ["an analyst without an agency", alone, "account.agency", "agency"],
    ["a client without a sponsor", { ...alone, role: "client" }, "account.agency", "agency"],
    ["an administrator with an agency", { ...base, role: "admin" }, "account.agency", "agency"],
    ["a signer without a country", { ...alone, role: "signer" }, "account.country", "country"],
    ["a signer with an agency", { ...base, role: "signer", country: "JPN" }, "account.agency", "agency"],
    ["an analyst with a country", { ...base, country: "JPN" }, "account.country", "country"],
    [
      "an auditor with a country that its agency is not of",
      { ...base, role: "auditor", country: "USA" },
      "account.country",
      "country",
    ],
    ["a short password", { ...base, password: "eleven chr." }, "password.length", "password"],
    ["a password of 257 characters", { ...base, password: "x".repeat(257) }, "password.length", "password"],
    ["a date that there is not", { ...base, until: "2026-02-30T00:00:00Z" }, "account.invalid", "until"],
    ["a date that is none", { ...base, from: "tomorrow" }, "account.invalid", "from"],
    ["an unknown member", { ...base, admin: true } as NewAccount, "account.invalid", ""],
  ])("create – %s – is refused, and nothing is stored", async (_what, account, code, path) => {
    const before = await readRevision(made.storage);
    await expect(create(account)).rejects.toMatchObject({ kind: "unprocessable", code, path });
    expect(await readRevision(made.storage)).toBe(before);
  });

  test("create – every role in its place – is stored, and a second of the name is a conflict", async () => {
    const before = await readRevision(made.storage);
    await create({ ...base, password: PASSWORD });
    await create({ ...alone, id: "s1", role: "signer", country: "USA" });
    await create({ ...alone, id: "ad", role: "admin" });
    await create({ ...alone, id: "lx", role: "liaison" });
    await expect(create(base)).rejects.toMatchObject({ kind: "conflict", code: "account.exists" });
    expect(await readRevision(made.storage)).toBe(before + 4);
  });

  test("end – an account with sessions and keys – ends these too", async () => {
    await made.account({ id: "e1" });
    await made.identity.signIn({ username: "e1", password: PASSWORD }, made.world.moments());
    await made.identity.apiKeys.make(
      { account: "e1", name: "k", scopes: ["read"], days: 1 },
      "operator",
      made.world.moments(),
    );
    await made.identity.accounts.end("e1", "operator", made.world.moments());
    const [session] = await made.storage.collection(Sessions).find({ index: "account", values: ["e1"] });
    expect(session?.revoked).toBe("2026-04-11T09:30:00.000Z");
    expect(await made.storage.collection(ApiKeys).find({ index: "account", values: ["e1"] })).toEqual([]);
    await expect(made.identity.accounts.end("nobody", "operator", made.world.moments())).rejects.toMatchObject({
      code: "account.unknown",
    });
  });

  test.each([
    ["no scope", { scopes: [], days: 1 }, "key.scopes"],
    ["no day", { scopes: ["read"], days: 0 }, "key.days"],
    ["half a day", { scopes: ["read"], days: 0.5 }, "key.days"],
    ["too many days", { scopes: ["read"], days: 731 }, "key.days"],
    ["an unknown account", { scopes: ["read"], days: 1, account: "none" }, "account.unknown"],
  ] as const)("a key – with %s – is refused", async (_what, ask, code) => {
    const whole = { account: "ad", name: "k", ...ask };
    await expect(made.identity.apiKeys.make(whole, "operator", made.world.moments())).rejects.toMatchObject({ code });
  });

  test("a key – made – is stored as its digest alone", async () => {
    await made.account({ id: "k1" });
    const { key, expires } = await made.identity.apiKeys.make(
      { account: "k1", name: "k", scopes: ["read"], days: 2 },
      ...(["operator", made.world.moments()] as const),
    );
    const stored = [
      ...(await made.storage.collection(ApiKeys).all({ limit: 10 })),
      ...(await made.storage.collection(Audit).all({ limit: 100 })),
    ];
    expect(JSON.stringify(stored)).not.toContain(key.slice(4, 20));
    expect(expires).toBe("2026-04-13T09:30:00.000Z");
  });

  test("viewerOf – an account and its agency – takes country and categories from the agency", async () => {
    const agency = await made.storage.collection(Agencies).get("JP-NPA");
    expect(viewerOf({ ...base, until: "2027-01-01T00:00:00Z" }, agency)).toEqual({
      ...{
        id: "a1",
        role: "analyst",
        clearance: "U",
        topics: [],
        pii: false,
        active: true,
        until: "2027-01-01T00:00:00Z",
      },
      ...{ agency: "JP-NPA", country: "JPN", categories: ["LE"] },
    });
    expect(viewerOf({ ...alone, role: "signer", country: "USA" }, undefined)).toMatchObject({ country: "USA" });
  });
});
