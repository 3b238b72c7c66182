// Run by mongosh beside the first server (compose.yaml, mongo-init); once or often, it comes to the same: one replica set, two users.
// Before there is a user, the server lets in who comes over its own loopback interface; that is why this shares its network.
/* global db, rs, process, require, Mongo, print, sleep */
const fs = require("node:fs");
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
const ROOT = "root";
const APP = "tricord";
const SET = "rs0";
const MEMBERS = ["mongo1:27017", "mongo2:27017", "mongo3:27017"];
const PATIENCE = 120;

const codeOf = (work) => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error.codeName ?? String(error);
  }
};
const until = (what, done) => {
  for (let n = 0; n < PATIENCE; n++) {
    if (done()) return;
    sleep(1000);
  }
  throw new Error(`in two minutes not: ${what}`);
};

const admin = db.getSiblingDB("admin");
const signIn = () => codeOf(() => admin.auth(ROOT, secret("mongo_root_password")));
const isPrimary = () => db.hello().isWritablePrimary === true;

if (signIn() !== undefined) {
  // No such user yet: the first start.
  const begun = codeOf(() => rs.initiate({ _id: SET, members: MEMBERS.map((host, _id) => ({ _id, host, priority: _id === 0 ? 2 : 1 })) }));
  if (begun !== undefined && begun !== "AlreadyInitialized") throw new Error(`rs.initiate: ${begun}`);
  until("this server is the primary", isPrimary);
  const made = codeOf(() =>
    admin.createUser({ user: ROOT, pwd: secret("mongo_root_password"), roles: ["root"] }, { w: "majority" }),
  );
  if (made !== undefined) throw new Error(`the first user: ${made}`);
  const refused = signIn();
  if (refused !== undefined) throw new Error(`sign in: ${refused}`);
}

// From here on wherever the primary is.
const set = new Mongo(
  `mongodb://${ROOT}:${encodeURIComponent(secret("mongo_root_password"))}@${MEMBERS.join(",")}/admin?replicaSet=${SET}`,
);
const roles = [
  { role: "readWrite", db: APP },
  { role: "dbAdmin", db: APP },
];
const app = set.getDB(APP);
const pwd = secret("mongo_app_password");
if (app.getUser(APP) === null) app.createUser({ user: APP, pwd, roles }, { w: "majority" });
else app.updateUser(APP, { pwd, roles }, { w: "majority" });
const members = set.getDB("admin").runCommand({ replSetGetStatus: 1 }).members ?? [];
print(`replica set ${SET}: ${members.map(({ name, stateStr }) => `${name} ${stateStr}`).join(", ")}`);
