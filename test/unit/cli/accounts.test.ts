import { Readable } from "node:stream";
import { Command } from "commander";
import request from "supertest";
import { addAccountsCommands } from "../../../server/cli/accounts.ts";
import { PASSWORD, type TemporaryApp, temporaryApp } from "../../support/temporary-app.ts";

describe("tricord accounts", () => {
  let made: TemporaryApp;
  let closed = 0;
  beforeAll(async () => {
    made = await temporaryApp();
  });
  afterAll(() => made.close());

  const run = async (line: string, input = ""): Promise<string[]> => {
    const printed: string[] = [];
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    const storage = { ...made.storage, close: async () => void closed++ };
    addAccountsCommands(program, async () => ({ storage, keys: made.keys, moments: made.world.moments }), {
      print: (text) => printed.push(text),
      input: Readable.from([input]),
    });
    for (const command of program.commands.flatMap((group) => [group, ...group.commands])) command.exitOverride();
    await program.parseAsync(line.split(" "), { from: "user" });
    return printed;
  };
  const me = async (username: string, password: string) =>
    (await request(made.app).get("/api/v1/me").auth(username, password)).body;
  const printedAs = (line: string | undefined, word: string): string => (line ?? "").replace(`${word}: `, "");

  test("create --admin – outside the demonstration – makes the first administrator, with a password printed once", async () => {
    const [said, password] = await run("accounts create root --admin --name Root");
    expect(said).toBe("account root made: admin");
    expect(printedAs(password, "password")).toMatch(/^[A-Za-z0-9_-]{24}$/);
    expect(await me("root", printedAs(password, "password"))).toMatchObject({
      role: "admin",
      name: "Root",
      verbs: ["govern", "manage"],
      topics: [],
    });
    expect(closed).toBe(1);
  });

  test("create – with everything said, password on standard input – makes that account", async () => {
    const line =
      "accounts create j7 --role reviewer --agency JP-NPA --clearance C --topics crypto,itworker --pii --password-stdin";
    expect(await run(line, `${PASSWORD}\nmore\n`)).toEqual(["account j7 made: reviewer of JP-NPA"]);
    expect(await me("j7", PASSWORD)).toMatchObject({
      clearance: "C",
      topics: ["crypto", "itworker"],
      pii: true,
      agency: "JP-NPA",
    });
  });

  test.each([
    ["an unknown agency", "accounts create x1 --role analyst --agency JP-XXX", "there is no agency JP-XXX"],
    ["no role", "accounts create x1", "say --role"],
    ["an unknown role", "accounts create x1 --role king", "Allowed choices"],
    ["an administrator of an agency", "accounts create x1 --admin --agency JP-NPA", "cannot be used with"],
    ["a name that can't be", "accounts create ../x --admin", "1 to 64 letters"],
    ["a name that is taken", "accounts create root --admin", "there is an account root already"],
    ["an empty password", "accounts create x1 --admin --password-stdin", "no password came"],
    ["an unknown account", "accounts end nobody", "there is no account nobody"],
    ["a key's life that is no number", "accounts key root --days many", "a key lives 1 to 730 days"],
  ])("%s – %s – is refused in words", async (_what, line, words) => {
    await expect(run(line)).rejects.toThrow(words);
  });

  test("key – made, then revoked by name – works until then", async () => {
    await run("accounts create f7 --role feed --agency JP-NPA --no-password");
    const [key, terms] = await run("accounts key f7 --name poll --scope read post --days 30");
    expect(terms).toBe("scopes: read, post; expires 2026-05-11T09:30:00.000Z");
    const status = async () =>
      (await request(made.app).get("/api/v1/me").set("X-Api-Key", printedAs(key, "key"))).status;
    expect(await status()).toBe(200);
    expect(await run("accounts key f7 --name poll --revoke")).toEqual(["1 keys of f7 revoked"]);
    expect(await status()).toBe(401);
  });

  test("password, end – of an account – replace the password, and end it", async () => {
    const [, printed] = await run("accounts password root");
    const password = printedAs(printed, "password");
    expect(await me("root", password)).toMatchObject({ username: "root" });
    expect(await run("accounts end root")).toEqual(["account root ended, with its sessions and keys"]);
    expect(await me("root", password)).toMatchObject({ error: { code: "sign_in.refused" } });
  });

  test("promote, confirm – two administrators, each with a password, a day apart – a releaser; with the wrong password – refused", async () => {
    for (const name of ["chief", "deputy"])
      await run(`accounts create ${name} --admin --person p-${name} --password-stdin`, `${PASSWORD}\n`);
    await run(
      "accounts create rising --role analyst --agency JP-NPA --person p-rising --password-stdin",
      `${PASSWORD}\n`,
    );
    await expect(run("accounts promote rising --by chief", "wrong password\n")).rejects.toMatchObject({
      code: "sign_in.refused",
    });
    const [said] = await run("accounts promote rising --by chief", `${PASSWORD}\n`);
    expect(said).toMatch(/^rising is proposed as a releaser; another administrator can confirm it from \d{4}-.*Z on$/);
    await expect(run("accounts confirm rising --by deputy", `${PASSWORD}\n`)).rejects.toMatchObject({
      code: "promotion.too_early",
    });
    made.world.now += 86_400_000;
    await expect(run("accounts confirm rising --by chief", `${PASSWORD}\n`)).rejects.toMatchObject({
      code: "promotion.same_person",
    });
    expect(await run("accounts confirm rising --by deputy", `${PASSWORD}\n`)).toEqual([
      "rising is a releaser now; its sessions ended",
    ]);
    expect(await me("rising", PASSWORD)).toMatchObject({ role: "releaser" });
  });
});
