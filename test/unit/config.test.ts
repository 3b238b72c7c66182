import { readFileSync } from "node:fs";
import { readConfig, SETTINGS } from "../../server/config.ts";

describe("settings", () => {
  test("readConfig – of an empty environment – has the defaults, frozen", () => {
    const config = readConfig({ PATH: "/bin", TRICORD_X: "1" });
    expect(config).toEqual({
      ...{ PORT: 8080, HOST: "127.0.0.1", DATA_DIR: "./data", PUBLIC_URL: "http://127.0.0.1:8080", LOG_LEVEL: "info" },
      ...{ OWN_HOSTS: [], TRUST_PROXY: [], ANCHOR_FOLDERS: [], METRICS_HOST: "127.0.0.1", DRAIN_SECONDS: 0 },
      ...{
        RATE_LIMIT_PER_MINUTE: 6000,
        SIGN_IN_FAILURES_PER_MINUTE: 60,
        DAILY_BUDGET_PEOPLE: 20_000,
        DAILY_BUDGET_MACHINES: 5_000_000,
        INGEST_WORKERS: 1,
        MAX_INLINE_BYTES: 33_554_432,
      },
      ...{ MAX_UPLOAD_BYTES: 4_294_967_296, MAX_INFLATED_BYTES: 17_179_869_184, DEMO: true, GROUP: "dprk" },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("readConfig – of what is set – takes it", () => {
    const set = { PORT: "0", HOST: "::1", DEMO: "false", SECRET_KEY_FILE: "/k", GROUP: "g-1", LOG_LEVEL: "silent" };
    expect(readConfig(set)).toMatchObject({ ...set, PORT: 0, DEMO: false, PUBLIC_URL: "http://[::1]:0" });
    expect(readConfig({ ANCHOR_FOLDERS: "/jpn, /kor" }).ANCHOR_FOLDERS).toEqual(["/jpn", "/kor"]);
    expect(() => readConfig({ ANCHOR_FOLDERS: "/jpn,," })).toThrow("ANCHOR_FOLDERS: folders with commas between");
    const behind = {
      TRUST_PROXY: "10.0.0.0/8, ::1",
      METRICS_PORT: "9464",
      METRICS_HOST: "0.0.0.0",
      DRAIN_SECONDS: "5",
    };
    expect(readConfig(behind)).toMatchObject({
      TRUST_PROXY: ["10.0.0.0/8", "::1"],
      METRICS_PORT: 9464,
      DRAIN_SECONDS: 5,
    });
    expect(readConfig({ PUBLIC_URL: "https://tricord.example:8443" }).PUBLIC_URL).toBe("https://tricord.example:8443");
  });

  test("readConfig – of two places for one wrapping key, or an old one without a new one – is one clear line, without the key", () => {
    const said = (env: Record<string, string>): string => {
      try {
        readConfig(env);
      } catch (error) {
        return error instanceof Error ? error.message : "";
      }
      return "";
    };
    expect(said({ SEAL_KEY_FILE: "/k", SEAL_KEY: "secret" })).toBe("SEAL_KEY_FILE, SEAL_KEY: set one of them");
    expect(said({ SEAL_KEY_OLD: "secret" })).toBe(
      "SEAL_KEY_OLD: it is for a rotation, beside SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND",
    );
    expect(said({ SEAL_KEY_COMMAND: "kms key-1", SEAL_KEY_OLD_FILE: "/k" })).toBe("");
  });

  test.each([
    ["PORT", "80a", 'PORT: a whole number; it is "80a"'],
    ["PORT", "-1", 'PORT: a whole number; it is "-1"'],
    ["PORT", "65536", 'PORT: from 0 to 65535; it is "65536"'],
    ["PORT", "", "PORT: it is empty; leave it out or give it a value"],
    ["SECRET_KEY_FILE", "", "SECRET_KEY_FILE: it is empty; leave it out or give it a value"],
    ["DEMO", "yes", 'DEMO: true or false; it is "yes"'],
    ["GROUP", "A/B", 'GROUP: lower-case letters, digits and hyphens, at most 32; it is "A/B"'],
    ["LOG_LEVEL", "loud", 'LOG_LEVEL: one of fatal, error, warn, info, debug, trace, silent; it is "loud"'],
    ["PUBLIC_URL", "ftp://x", 'PUBLIC_URL: http:// or https://, host and port, nothing after; it is "ftp://x"'],
    [
      "PUBLIC_URL",
      "https://x/path",
      'PUBLIC_URL: http:// or https://, host and port, nothing after; it is "https://x/path"',
    ],
    ["MONGODB_URI", "postgres://me:secret@x/y", "MONGODB_URI: mongodb://host/database?replicaSet=name; it is set"],
    [
      "TRUST_PROXY",
      "10.0.0.0/33",
      'TRUST_PROXY: addresses and networks (192.0.2.0/24) with commas between; it is "10.0.0.0/33"',
    ],
    [
      "TRUST_PROXY",
      "proxy.example",
      'TRUST_PROXY: addresses and networks (192.0.2.0/24) with commas between; it is "proxy.example"',
    ],
    ["TRUST_PROXY", "true", 'TRUST_PROXY: addresses and networks (192.0.2.0/24) with commas between; it is "true"'],
    ["METRICS_PORT", "x", 'METRICS_PORT: a whole number; it is "x"'],
    ["DRAIN_SECONDS", "3601", 'DRAIN_SECONDS: from 0 to 3600; it is "3601"'],
    ["RATE_LIMIT_PER_MINUTE", "0", 'RATE_LIMIT_PER_MINUTE: from 1 to 10000000; it is "0"'],
  ])("readConfig – %s=%j – is one clear line", (name, value, line) => {
    let said = "";
    try {
      readConfig({ [name]: value });
    } catch (error) {
      said = error instanceof Error ? error.message : "";
    }
    expect(said).toBe(line);
  });

  test("readConfig – with three settings wrong – has a line for each", () => {
    expect(() => readConfig({ PORT: "x", HOST: "", DEMO: "1" })).toThrow(/^HOST: .*\nPORT: .*\nDEMO: .*$/);
  });

  test(".env.example – read from disk – lists every setting and no other, with its default", () => {
    const text = readFileSync(".env.example", "utf8");
    const found = [...text.matchAll(/^(?:# )?([A-Z][A-Z_]+)=(.*)$/gm)].map((match) => [match[1], match[2]] as const);
    expect(found.map(([name]) => name).sort()).toEqual([...SETTINGS].sort());
    const set = Object.fromEntries([...text.matchAll(/^([A-Z][A-Z_]+)=(.*)$/gm)].map((match) => [match[1], match[2]]));
    expect(readConfig(set)).toEqual(readConfig({}));
  });
});
