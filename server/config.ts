import ipaddr from "ipaddr.js";
import { z } from "zod";
import { isHostOrNetwork } from "./formats/block-value.ts";
import { Fault } from "./shared/fault.ts";
import { LOG_LEVELS } from "./shared/log.ts";

// Settings are in no OpenAPI document, so that transforms are fine here.
const whole = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, "a whole number")
    .transform(Number)
    .refine((n) => n >= from && n <= to, `from ${from} to ${to}`);
const text = z.string().min(1, "it is empty");
const flag = z.enum(["true", "false"], "true or false").transform((word) => word === "true");
const url = text.refine(
  (value) => /^https?:\/\/[^/?#]+$/.test(value) && URL.canParse(value),
  "http:// or https://, host and port, nothing after",
);

const hosts = text
  .transform((value) => value.split(",").map((host) => host.trim()))
  .refine(
    (all) => all.every(isHostOrNetwork),
    "domain names, addresses and networks (192.0.2.0/24) with commas between",
  );

const isNetwork = (value: string): boolean =>
  value.includes("/")
    ? ipaddr.isValidCIDR(value)
    : ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value);

const networks = text
  .transform((value) => value.split(",").map((network) => network.trim()))
  .refine((all) => all.every(isNetwork), "addresses and networks (192.0.2.0/24) with commas between");

const folders = text
  .transform((value) => value.split(",").map((folder) => folder.trim()))
  .refine((all) => all.every((folder) => folder !== ""), "folders with commas between");

/** Every setting there is; `.env.example` lists the same with its default. */
const Env = z.object({
  PORT: whole(0, 65_535).default(8080),
  HOST: text.default("127.0.0.1"),
  DATA_DIR: text.default("./data"),
  PUBLIC_URL: url.optional(),
  MONGODB_URI: text
    .refine((value) => /^mongodb(?:\+srv)?:\/\/./.test(value), "mongodb://host/database?replicaSet=name")
    .optional(),
  MONGODB_URI_FILE: text.optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(", ")}`).default("info"),
  RATE_LIMIT_PER_MINUTE: whole(1, 10_000_000).default(6000),
  SIGN_IN_FAILURES_PER_MINUTE: whole(1, 1_000_000).default(60),
  DAILY_BUDGET_PEOPLE: whole(1, 1_000_000_000).default(20_000),
  DAILY_BUDGET_MACHINES: whole(1, 1_000_000_000).default(5_000_000),
  INGEST_WORKERS: whole(1, 16).default(1),
  MAX_INLINE_BYTES: whole(1024, 536_870_912).default(33_554_432),
  MAX_UPLOAD_BYTES: whole(1024, 1_099_511_627_776).default(4_294_967_296),
  MAX_INFLATED_BYTES: whole(1024, 1_099_511_627_776).default(17_179_869_184),
  SECRET_KEY_FILE: text.optional(),
  SEAL_KEY_FILE: text.optional(),
  SEAL_KEY: text.optional(),
  SEAL_KEY_COMMAND: text.optional(),
  SEAL_KEY_OLD_FILE: text.optional(),
  SEAL_KEY_OLD: text.optional(),
  SEAL_KEY_OLD_COMMAND: text.optional(),
  OWN_HOSTS: hosts.optional(),
  ANCHOR_FOLDERS: folders.optional(),
  TRUST_PROXY: networks.optional(),
  METRICS_PORT: whole(0, 65_535).optional(),
  METRICS_HOST: text.default("127.0.0.1"),
  DRAIN_SECONDS: whole(0, 3600).default(0),
  DEMO: flag.default(true),
  GROUP: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, "lower-case letters, digits and hyphens, at most 32")
    .default("dprk"),
});
export const SETTINGS: readonly string[] = Object.keys(Env.shape);
export type Config = Readonly<
  Omit<z.infer<typeof Env>, "PUBLIC_URL" | "OWN_HOSTS" | "TRUST_PROXY" | "ANCHOR_FOLDERS"> & {
    PUBLIC_URL: string;
    OWN_HOSTS: readonly string[];
    ANCHOR_FOLDERS: readonly string[];
    TRUST_PROXY: readonly string[];
  }
>;

const hostInUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** Of these one at most is set: where the key that seals data keys comes from, and the one before. */
const SEALS = ["SEAL_KEY", "SEAL_KEY_OLD"].map((name) => [`${name}_FILE`, name, `${name}_COMMAND`]);

/** What is wrong with settings that only together say something. */
function sealLines(ours: Readonly<Record<string, string | undefined>>): string[] {
  const given = SEALS.map((names) => names.filter((name) => ours[name] !== undefined));
  const [now = [], before = []] = given;
  const many = given.flatMap((names) => (names.length > 1 ? [`${names.join(", ")}: set one of them`] : []));
  return now.length === 0 && before.length > 0
    ? [...many, `${before[0]}: it is for a rotation, beside SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND`]
    : many;
}

const storeLines = (ours: Readonly<Record<string, string | undefined>>): string[] =>
  ours.MONGODB_URI !== undefined && ours.MONGODB_URI_FILE !== undefined
    ? ["MONGODB_URI, MONGODB_URI_FILE: set one of them"]
    : [];

/** A database address may hold a password. */
const shown = (name: string, ours: Readonly<Record<string, string | undefined>>): string =>
  name === "MONGODB_URI" || name.startsWith("SEAL_KEY") ? "set" : JSON.stringify(ours[name]).slice(0, 80);

/**
 * Environment to checked, frozen settings. Names that are not ours are ignored. `Fault("bad_request")`, code `config.invalid`, with one line
 * `PORT: …` for each setting that is wrong; an empty variable is wrong, never a default.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const ours = Object.fromEntries(SETTINGS.filter((name) => env[name] !== undefined).map((name) => [name, env[name]]));
  const empty = SETTINGS.filter((name) => ours[name] === "").map(
    (name) => `${name}: it is empty; leave it out or give it a value`,
  );
  const result = Env.safeParse(ours);
  const issues = result.success ? [] : result.error.issues;
  const lines = issues
    .filter(
      (issue, i) =>
        issues.findIndex(({ path }) => path[0] === issue.path[0]) === i && ours[String(issue.path[0])] !== "",
    )
    .map((issue) => `${String(issue.path[0])}: ${issue.message}; it is ${shown(String(issue.path[0]), ours)}`);
  const sealed = [...sealLines(ours), ...storeLines(ours)];
  if (!result.success || empty.length > 0 || sealed.length > 0)
    throw new Fault("bad_request", [...empty, ...lines, ...sealed].join("\n"), { code: "config.invalid" });
  const { PUBLIC_URL, OWN_HOSTS = [], TRUST_PROXY = [], ANCHOR_FOLDERS = [], ...rest } = result.data;
  return Object.freeze({
    ...rest,
    OWN_HOSTS,
    TRUST_PROXY,
    ANCHOR_FOLDERS,
    PUBLIC_URL: PUBLIC_URL ?? `http://${hostInUrl(rest.HOST)}:${rest.PORT}`,
  });
}
