import { Accounts, Agencies, Audit } from "../../../server/storage/collections.ts";
import type { NewAccount } from "../../../server/usecases/accounts.ts";
import { PASSWORD, type TemporaryApp, temporaryApp } from "../../support/temporary-app.ts";

const DAY = 86_400_000;
const member = (id: string, more: Partial<NewAccount> = {}): NewAccount => ({
  ...{ id, name: id, role: "analyst", agency: "JP-NPA", clearance: "U", topics: [], pii: false, scope: "write" },
  ...{ person: `person-${id}`, ...more },
});
const admin = (id: string, person: string | undefined = `person-${id}`): NewAccount => {
  const { agency: _, person: __, ...rest } = member(id, { role: "admin" });
  return person === undefined ? rest : { ...rest, person };
};

describe("promotions", () => {
  let made: TemporaryApp;
  beforeAll(async () => {
    made = await temporaryApp();
    await made.storage.transaction((unit) =>
      unit.collection(Agencies).insert([
        { id: "JP-NCO", name: "NCO", country: "JPN", categories: [] },
        { id: "KR-NIS", name: "NIS", country: "KOR", categories: [] },
      ]),
    );
    const nameless = admin("nameless");
    const { person: _, ...withoutPerson } = nameless;
    const accounts: NewAccount[] = [
      ...[admin("one"), admin("two"), admin("one-again", "person-one"), withoutPerson],
      ...[
        member("first", { role: "releaser", agency: "JP-NCO" }),
        member("an", { password: PASSWORD }),
        member("late"),
        member("review"),
      ],
      member("both", { person: "person-both" }),
      { ...admin("signs", "person-both"), role: "signer", country: "JPN" },
      member("feed", { role: "feed" }),
    ];
    for (const account of accounts) await create(account);
  });
  afterAll(() => made.close());
  const create = (account: NewAccount): Promise<void> =>
    made.identity.accounts.create(account, "operator", made.world.moments());
  const { propose, confirm, drop } = {
    propose: (account: string, by: string) =>
      made.identity.promotions.propose({ account, by, moment: made.world.moments() }),
    confirm: (account: string, by: string) =>
      made.identity.promotions.confirm({ account, by, moment: made.world.moments() }),
    drop: (account: string, by: string) => made.identity.promotions.drop({ account, by, moment: made.world.moments() }),
  };

  test("an agency's further releaser – made outright – refused; its first is made, which founds it", async () => {
    await expect(create(member("second", { role: "releaser", agency: "JP-NCO" }))).rejects.toMatchObject({
      code: "account.promotion",
    });
    // Ended or not: the first one stays the first.
    await made.identity.accounts.end("first", "operator", made.world.moments());
    await expect(create(member("second", { role: "releaser", agency: "JP-NCO" }))).rejects.toMatchObject({
      code: "account.promotion",
    });
  });

  test("one human – as signer and releaser – refused either way round", async () => {
    await expect(
      create(member("signing", { role: "releaser", agency: "KR-NIS", person: "person-both" })),
    ).rejects.toMatchObject({ code: "account.signer_and_releaser" });
    await expect(propose("both", "one")).rejects.toMatchObject({ code: "account.signer_and_releaser" });
  });

  test.each([
    ["nobody", "one", "promotion.unknown", "account"],
    ["feed", "one", "promotion.role", "account"],
    ["first", "one", "promotion.unknown", "account"],
    ["late", "an", "promotion.admin", "by"],
    ["late", "nobody", "promotion.admin", "by"],
    ["late", "nameless", "promotion.nobody", "by"],
  ])("propose – %s by %s – refused", async (account, by, code, path) => {
    await expect(propose(account, by)).rejects.toMatchObject({ code, path });
  });

  test("propose, confirm – two administrators, two humans, a day apart – a releaser who is no second person to either", async () => {
    await propose("an", "one");
    await expect(propose("an", "two")).rejects.toMatchObject({ code: "promotion.exists" });
    await expect(confirm("an", "two")).rejects.toMatchObject({ code: "promotion.too_early" });
    made.world.now += DAY - 1;
    await expect(confirm("an", "two")).rejects.toMatchObject({ code: "promotion.too_early" });
    made.world.now += 1;
    await expect(confirm("an", "one")).rejects.toMatchObject({ code: "promotion.same_person", path: "by" });
    await expect(confirm("an", "one-again")).rejects.toMatchObject({ code: "promotion.same_person", path: "by" });
    expect((await made.storage.collection(Accounts).get("an"))?.role).toBe("analyst");
    await confirm("an", "two");
    expect(await made.storage.collection(Accounts).get("an")).toMatchObject({
      role: "releaser",
      vouchedBy: ["one", "person-one", "person-two", "two"],
    });
    await expect(confirm("an", "two")).rejects.toMatchObject({ kind: "not_found" });
    const rows = await made.storage.collection(Audit).all({ limit: 1000 });
    expect(rows.filter(({ what }) => what === "account.promoted").map(({ actor, detail }) => [actor, detail])).toEqual([
      ["two", { account: "an" }],
    ]);
  });

  test("an analyst – proposed as a reviewer – is one a day and a second administrator later, and may be proposed as a releaser then", async () => {
    const ask = { account: "review", role: "reviewer" as const, by: "one" };
    const proposed = () => made.identity.promotions.propose({ ...ask, moment: made.world.moments() });
    expect(await proposed()).toMatchObject({ account: "review", role: "reviewer" });
    made.world.now += DAY;
    await expect(confirm("review", "one")).rejects.toMatchObject({ code: "promotion.same_person" });
    await confirm("review", "two");
    expect(await made.storage.collection(Accounts).get("review")).toMatchObject({
      role: "reviewer",
      vouchedBy: ["one", "person-one", "person-two", "two"],
    });
    await expect(proposed()).rejects.toMatchObject({ code: "promotion.reviewer" });
    expect(await propose("review", "one")).toMatchObject({ role: "releaser" });
    await drop("review", "one");
  });

  test("dropped – by one – there is nothing to confirm", async () => {
    await propose("late", "two");
    await drop("late", "one");
    made.world.now += DAY;
    await expect(confirm("late", "one")).rejects.toMatchObject({ kind: "not_found" });
    expect(await made.identity.promotions.list()).toEqual([]);
  });
});
