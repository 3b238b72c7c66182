import { mongo } from "mongoose";
import { openMongo } from "../../../../server/storage/mongo/open-mongo.ts";
import { type Answer, wireServer } from "../../../support/wire-server.ts";

const NOTHING_MORE = mongo.Long.ZERO;

/** A primary of a replica set, version 8.0, that has nothing and lets anybody do anything, but for what a case says. */
const answering =
  (own: Readonly<Record<string, ReturnType<Answer>>>, hello: object = {}): Answer =>
  (name) => {
    if (name in own) return own[name];
    if (/^(hello|ismaster)$/i.test(name))
      return {
        ...{
          isWritablePrimary: true,
          ismaster: true,
          helloOk: true,
          setName: "rs0",
          minWireVersion: 0,
          maxWireVersion: 25,
        },
        ...{ maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000 },
        ...{ localTime: new Date(), logicalSessionTimeoutMinutes: 30 },
        ...hello,
      };
    if (name === "buildInfo") return { version: "8.0.4" };
    if (name === "find" || name === "listCollections" || name === "listIndexes")
      return { cursor: { id: NOTHING_MORE, ns: "x.y", firstBatch: [] } };
    return {};
  };

const refusal = async (answer: Answer, options: string): Promise<{ code?: string; kind?: string; message: string }> => {
  const server = await wireServer(answer);
  try {
    const storage = await openMongo({ uri: `mongodb://127.0.0.1:${server.port}/tricord${options}` });
    await storage.close();
    throw new Error("it was opened");
  } catch (error) {
    return error as Error;
  } finally {
    await server.close();
  }
};

test("a server by itself – opened – refused in one line: it has no transactions", async () => {
  const refused = await refusal(answering({}, { setName: undefined }), "?directConnection=true");
  expect(refused).toMatchObject({ kind: "unavailable", code: "store.standalone" });
  expect(refused.message).toMatch(/replica set \(--replSet, then rs\.initiate\(\)\)/);
  expect(refused.message).not.toContain("\n");
});

test.each(["6.0.19", "4.4.0", "3.6.23"])(
  "a server of version %s – opened – refused in one line that names both versions",
  async (version) => {
    const refused = await refusal(answering({ buildInfo: { version } }), "?directConnection=true");
    expect(refused).toMatchObject({
      code: "store.version",
      message: `The MongoDB server has version ${version}; 7.0 or newer is needed.`,
    });
  },
);

const denied = {
  ok: 0,
  code: 13,
  codeName: "Unauthorized",
  errmsg: "not authorized on tricord to execute command { secret }",
};
test.each([
  ["to read", { find: denied }],
  ["to make a collection", { create: denied }],
  ["to make an index", { createIndexes: denied }],
  ["to list what is there", { listCollections: denied }],
])(
  "an account that lacks the right %s – opened – refused in one line, nothing of the server's words",
  async (_, own) => {
    const refused = await refusal(answering(own), "?directConnection=true");
    expect(refused).toMatchObject({ kind: "unavailable", code: "store.rights" });
    expect(refused.message).toBe("The account of MONGODB_URI lacks a right on its database: it needs readWrite.");
  },
);

test("a wrong password – opened – refused in one line without the password", async () => {
  const server = await wireServer(
    answering({ saslStart: { ok: 0, code: 18, codeName: "AuthenticationFailed", errmsg: "no" } }),
  );
  const uri = `mongodb://me:hush-hush@127.0.0.1:${server.port}/tricord?directConnection=true&authMechanism=SCRAM-SHA-256`;
  const refused = await openMongo({ uri }).then(
    () => undefined,
    (error: Error) => error,
  );
  await server.close();
  expect(refused).toMatchObject({ code: "store.sign_in" });
  expect(refused?.message).not.toMatch(/hush/);
});

test("nobody at the address – opened – store.away within seconds, and it says when to try again", async () => {
  const server = await wireServer(() => undefined);
  await server.close();
  const refused = await openMongo({ uri: `mongodb://127.0.0.1:${server.port}/tricord?replicaSet=rs0` }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({ kind: "unavailable", code: "store.away", retryAfter: 5 });
});

test.each(["mongodb://", "mongodb://a:b@/x", "mongodb://host/db?nonsense=1", "mongodb://host/%zz"])(
  "%s – opened – store.uri, and no word of what it said",
  async (uri) => {
    const refused = await openMongo({ uri }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(refused).toMatchObject({ code: "store.uri" });
    expect(refused?.message).not.toMatch(/nonsense|a:b/);
  },
);

test("a store of a newer format – opened – left alone: nothing is made", async () => {
  const asked: string[] = [];
  const held = {
    cursor: { id: NOTHING_MORE, ns: "tricord.meta", firstBatch: [{ _id: "format", _rest: '{"value":999}' }] },
  };
  const refused = await refusal((name, command) => {
    asked.push(name);
    return answering({ find: held })(name, command);
  }, "?directConnection=true");
  expect(refused).toMatchObject({ code: "store.format", message: expect.stringContaining("format 999") });
  expect(asked.filter((name) => /^(create|createIndexes|insert|update|findAndModify)$/.test(name))).toEqual([]);
});
