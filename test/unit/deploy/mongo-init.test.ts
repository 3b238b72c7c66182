import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

/** What the script does to servers: as far as it asks them. */
interface Servers {
  initiated: boolean;
  /** Of `admin` and `tricord`, by name, with their passwords. */
  readonly users: Map<string, string>;
  readonly done: string[];
}

class Refusal extends Error {
  readonly codeName: string;
  constructor(codeName: string) {
    super(codeName);
    this.codeName = codeName;
  }
}

const SECRETS: Readonly<Record<string, string>> = { mongo_root_password: "r00t", mongo_app_password: "4pp" };
const SCRIPT = readFileSync("deploy/mongo-init.js", "utf8");

/** Runs it as mongosh would beside the first server; gives what it printed. */
function run(servers: Servers): string[] {
  const printed: string[] = [];
  let signedIn = false;
  const allowed = (): void => {
    // The door of the loopback interface is open until there is a user.
    if (!signedIn && servers.users.has("root")) throw new Refusal("Unauthorized");
  };
  const database = (member: boolean) => ({
    auth: (user: string, password: string) => {
      if (servers.users.get(user) !== password) throw new Refusal("AuthenticationFailed");
      signedIn = true;
    },
    createUser: ({ user, pwd }: { user: string; pwd: string }) => {
      if (!member) allowed();
      servers.users.set(user, pwd);
      servers.done.push(`create ${user}`);
    },
    updateUser: (user: string, { pwd }: { pwd: string }) => {
      servers.users.set(user, pwd);
      servers.done.push(`update ${user}`);
    },
    getUser: (user: string) => (servers.users.has(user) ? { user } : null),
    runCommand: () => ({ members: [{ name: "mongo1:27017", stateStr: "PRIMARY" }] }),
  });
  runInNewContext(SCRIPT, {
    db: { getSiblingDB: () => database(false), hello: () => ({ isWritablePrimary: servers.initiated }) },
    rs: {
      initiate: ({ members }: { members: { host: string }[] }) => {
        allowed();
        if (servers.initiated) throw new Refusal("AlreadyInitialized");
        servers.initiated = true;
        servers.done.push(`initiate ${members.map(({ host }) => host).join()}`);
      },
    },
    Mongo: class {
      constructor(uri: string) {
        if (!uri.includes(`root:${servers.users.get("root")}@mongo1:27017,mongo2:27017,mongo3:27017/`))
          throw new Refusal("AuthenticationFailed");
      }
      getDB = () => database(true);
    },
    require: () => ({ readFileSync: (path: string) => `${SECRETS[path.replace("/run/secrets/", "")]}\n` }),
    print: (line: string) => printed.push(line),
    sleep: () => undefined,
  });
  return printed;
}

const made = (initiated: boolean, users: readonly (readonly [string, string])[]): Servers => ({
  initiated,
  users: new Map(users),
  done: [],
});
const MADE = { root: "r00t", tricord: "4pp" };
const INITIATE = "initiate mongo1:27017,mongo2:27017,mongo3:27017";

describe("deploy/mongo-init.js", () => {
  test.each([
    ["new servers", made(false, []), [INITIATE, "create root", "create tricord"]],
    ["a set that was made, and no user", made(true, []), ["create root", "create tricord"]],
    ["a set with its first user only", made(true, [["root", "r00t"]]), ["create tricord"]],
    ["all of it there", made(true, Object.entries(MADE)), ["update tricord"]],
    [
      "an application's password that was changed",
      made(true, Object.entries({ ...MADE, tricord: "old" })),
      ["update tricord"],
    ],
  ])("run on %s – comes to the same set and users", (_, servers, done) => {
    expect(run(servers)).toEqual(["replica set rs0: mongo1:27017 PRIMARY"]);
    expect(servers.done).toEqual(done);
    expect([servers.initiated, Object.fromEntries(servers.users)]).toEqual([true, MADE]);
    servers.done.length = 0;
    run(servers);
    expect(servers.done).toEqual(["update tricord"]);
  });

  test("run where the first user has another password – stops with what was refused, and changes nothing", () => {
    const servers = made(true, [["root", "another"]]);
    expect(() => run(servers)).toThrow("rs.initiate: Unauthorized");
    expect(servers.done).toEqual([]);
  });
});
