import { text } from "node:stream/consumers";
import { type Command, InvalidArgumentError, Option } from "commander";
import { AccountId, LEVELS, Role } from "../../schemas/policy/vocabulary.ts";
import type { Keys } from "../keys.ts";
import { Fault } from "../shared/fault.ts";
import type { Moments } from "../shared/moment.ts";
import { Audit } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import { makeAuditStream } from "../usecases/append-audit.ts";
import { type Identity, makeIdentity } from "../usecases/identity.ts";
import { makePassword } from "../usecases/password.ts";

/** What the commands need: the store (closed by them when done), the keys, and time and chance. */
export interface Opened {
  readonly storage: Storage;
  readonly keys: Pick<Keys, "jwt">;
  readonly moments: Moments;
}

/** Where the commands write and read; the process's own by default. */
export interface Terminal {
  readonly print: (line: string) => void;
  readonly input: NodeJS.ReadableStream;
}

/** Who did it, in the audit rows: whoever may run commands on the machine. */
const OPERATOR = "operator";

interface CreateOptions {
  readonly admin?: true;
  readonly role?: Role;
  readonly agency?: string;
  readonly country?: string;
  readonly name?: string;
  readonly clearance: (typeof LEVELS)[number];
  readonly topics: readonly string[];
  readonly pii?: true;
  readonly scope: "write" | "read";
  readonly person?: string;
  readonly delegateOf: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly password: boolean;
  readonly passwordStdin?: true;
}

const words = (list: string): string[] =>
  list
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

function username(given: string): string {
  if (AccountId.safeParse(given).success) return given;
  throw new InvalidArgumentError("A user name has 1 to 64 letters, digits, dots, hyphens or underscores.");
}

/** One line from standard input. */
async function readPassword(input: NodeJS.ReadableStream): Promise<string> {
  const [line = ""] = (await text(input)).split(/\r?\n/, 1);
  if (line === "") throw new Fault("bad_request", "no password came on standard input", { code: "password.missing" });
  return line;
}

/** What `undefined` members would say explicitly is left out. */
const given = <T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/**
 * `accounts create|promote|confirm|end|password|key`. What is generated (a password, a key) is printed once and kept by nobody. Faults of the use cases
 * (an unknown agency, a name that is taken, a short password) are thrown for the program to print.
 */
export function addAccountsCommands(
  program: Command,
  open: () => Promise<Opened>,
  terminal: Terminal = { print: (line) => console.log(line), input: process.stdin },
): void {
  const run = async (work: (identity: Identity, opened: Opened) => Promise<void>): Promise<void> => {
    const opened = await open();
    try {
      const audit = makeAuditStream({ storage: opened.storage, collection: Audit, moment: opened.moments() });
      await work(makeIdentity({ storage: opened.storage, audit, tokenKey: opened.keys.jwt }), opened);
    } finally {
      await opened.storage.close();
    }
  };

  const accounts = program.command("accounts").description("make, end and change accounts and their keys");

  accounts
    .command("create")
    .description("make an account; its password is generated and printed once, or read from standard input")
    .argument("<username>", "user name", username)
    .option("--admin", "an administrator: manages accounts and agreements, belongs to no agency, reads nothing")
    .option("--delegate-of <list>", "accounts or persons that it acts for, with commas between", words, [])
    .addOption(new Option("--role <role>", "what it may do").choices(Role.options).conflicts("admin"))
    .addOption(new Option("--agency <id>", "the agency it belongs to, or a client's sponsor").conflicts("admin"))
    .addOption(new Option("--country <code>", "for a signer, who belongs to no agency").conflicts("admin"))
    .option("--name <text>", "display name (default: the user name)")
    .addOption(new Option("--clearance <level>", "clearance").choices(LEVELS).default("U"))
    .option("--topics <list>", "need-to-know topics with commas between, or *", words, [])
    .option("--pii", "may read personal data")
    .addOption(new Option("--scope <scope>", "read and post, or read only").choices(["write", "read"]).default("write"))
    .option("--person <id>", "the verified human behind it, where one human has several accounts")
    .option("--from <instant>", "in force from this UTC instant on")
    .option("--until <instant>", "in force before this UTC instant")
    .option("--no-password", "no password sign-in: keys only")
    .option("--password-stdin", "read the password from standard input")
    .action((id: string, options: CreateOptions) =>
      run(async ({ accounts: changes }, { moments }) => {
        const role = options.admin === true ? "admin" : options.role;
        if (role === undefined)
          throw new Fault("bad_request", "say --role, or --admin for an administrator", { code: "account.role" });
        const moment = moments();
        const typed = options.passwordStdin === true ? await readPassword(terminal.input) : undefined;
        const password = options.password ? (typed ?? makePassword(moment)) : undefined;
        const { agency, country, person, from, until } = options;
        const delegateOf = options.delegateOf.length === 0 ? undefined : [...options.delegateOf];
        const rest = given({ agency, country, person, delegateOf, from, until, password });
        const topics = [...options.topics];
        const { clearance, scope } = options;
        await changes.create(
          { id, name: options.name ?? id, role, clearance, topics, pii: options.pii === true, scope, ...rest },
          OPERATOR,
          moment,
        );
        terminal.print(`account ${id} made: ${role}${agency === undefined ? "" : ` of ${agency}`}`);
        if (password !== undefined && typed === undefined) terminal.print(`password: ${password}`);
      }),
    );

  const vouch = async (by: string, identity: Identity, { moments }: Opened): Promise<void> => {
    const password = await readPassword(terminal.input);
    await identity.checkPassword({ username: by, password, by: "password" }, moments());
  };

  accounts
    .command("promote")
    .description(
      "propose that an analyst or reviewer becomes a releaser; the administrator's password is read from standard input",
    )
    .argument("<username>", "user name", username)
    .requiredOption("--by <admin>", "the administrator who proposes it", username)
    .option("--drop", "let a proposal be")
    .action((id: string, { by, drop }: { by: string; drop?: true }) =>
      run(async (identity, opened) => {
        await vouch(by, identity, opened);
        const ask = { account: id, by, moment: opened.moments() };
        if (drop === true) {
          await identity.promotions.drop(ask);
          terminal.print(`${id} is proposed no more`);
          return;
        }
        const { confirmFrom } = await identity.promotions.propose(ask);
        terminal.print(`${id} is proposed as a releaser; another administrator can confirm it from ${confirmFrom} on`);
      }),
    );

  accounts
    .command("confirm")
    .description(
      "confirm a promotion, a day later and by another administrator, whose password is read from standard input",
    )
    .argument("<username>", "user name", username)
    .requiredOption("--by <admin>", "the administrator who confirms it", username)
    .action((id: string, { by }: { by: string }) =>
      run(async (identity, opened) => {
        await vouch(by, identity, opened);
        await identity.promotions.confirm({ account: id, by, moment: opened.moments() });
        terminal.print(`${id} is a releaser now; its sessions ended`);
      }),
    );

  accounts
    .command("end")
    .description("end an account, its sessions and its keys")
    .argument("<username>", "user name", username)
    .action((id: string) =>
      run(async ({ accounts: changes }, { moments }) => {
        await changes.end(id, OPERATOR, moments());
        terminal.print(`account ${id} ended, with its sessions and keys`);
      }),
    );

  accounts
    .command("password")
    .description("set a new password, generated and printed once or read from standard input; ends all sessions")
    .argument("<username>", "user name", username)
    .option("--password-stdin", "read the password from standard input")
    .action((id: string, { passwordStdin }: { passwordStdin?: true }) =>
      run(async ({ accounts: changes }, { moments }) => {
        const moment = moments();
        const typed = passwordStdin === true ? await readPassword(terminal.input) : undefined;
        const password = typed ?? makePassword(moment);
        await changes.setPassword(id, password, OPERATOR, moment);
        terminal.print(`account ${id} has a new password; its sessions ended`);
        if (typed === undefined) terminal.print(`password: ${password}`);
      }),
    );

  accounts
    .command("key")
    .description("make an API key, printed once; or revoke keys")
    .argument("<username>", "user name", username)
    .option("--name <text>", "what the key is for", "key")
    .addOption(new Option("--scope <scope...>", "what it may do").choices(["read", "post"]).default(["read"]))
    .option("--days <n>", "how long it lives", Number, 90)
    .option("--revoke", "revoke the keys of that name")
    .option("--revoke-all", "revoke all keys of the account")
    .action(
      (
        id: string,
        options: { name: string; scope: ("read" | "post")[]; days: number; revoke?: true; revokeAll?: true },
      ) =>
        run(async ({ apiKeys }, { moments }) => {
          if (options.revoke === true || options.revokeAll === true) {
            const ask = options.revokeAll === true ? { account: id } : { account: id, name: options.name };
            terminal.print(`${await apiKeys.revoke(ask, OPERATOR, moments())} keys of ${id} revoked`);
            return;
          }
          const { name, scope: scopes, days } = options;
          const { key, expires } = await apiKeys.make({ account: id, name, scopes, days }, OPERATOR, moments());
          terminal.print(`key: ${key}`);
          terminal.print(`scopes: ${scopes.join(", ")}; expires ${expires}`);
        }),
    );
}
