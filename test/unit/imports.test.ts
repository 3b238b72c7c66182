import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A rule is trusted only after it was seen to fail (style 4): each line plants one forbidden import in a copy of the house. */
const PLANTS: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ["schemas-stand-alone", "schemas/a.ts", "../server/shared/plain.ts"],
  ["schemas-stand-alone", "schemas/b.ts", "../seed/plain.ts"],
  ["policy-is-pure", "server/policy/a.ts", "../usecases/plain.ts"],
  ["policy-is-pure", "server/policy/b.ts", "../storage/port.ts"],
  ["policy-is-pure", "server/policy/c.ts", "node:fs"],
  ["triage-is-pure", "server/triage/a.ts", "../usecases/plain.ts"],
  ["triage-is-pure", "server/triage/b.ts", "node:fs"],
  ["pipeline-and-formats-are-pure", "server/pipeline/a.ts", "../storage/port.ts"],
  ["pipeline-and-formats-are-pure", "server/pipeline/b.ts", "node:fs/promises"],
  ["pipeline-and-formats-are-pure", "server/formats/c.ts", "node:http"],
  ["pipeline-and-formats-are-pure", "server/formats/d.ts", "../usecases/plain.ts"],
  ["patterns-stand-alone", "server/pipeline/pattern/a.ts", "../plain.ts"],
  ["patterns-stand-alone", "server/pipeline/pattern/b.ts", "../../shared/plain.ts"],
  ["patterns-stand-alone", "server/pipeline/pattern/c.ts", "../../../schemas/plain.ts"],
  ["patterns-stand-alone", "server/pipeline/pattern/d.ts", "express"],
  ["usecases-know-no-adapter", "server/usecases/a.ts", "../storage/sqlite/plain.ts"],
  ["usecases-know-no-adapter", "server/usecases/b.ts", "../http/plain.ts"],
  ["usecases-know-no-adapter", "server/usecases/c.ts", "express"],
  ["usecases-know-no-adapter", "server/usecases/d.ts", "../config.ts"],
  ["usecases-know-no-adapter", "server/usecases/e.ts", "../compose-http.ts"],
  ["http-and-jobs-call-usecases", "server/http/a.ts", "../storage/sqlite/plain.ts"],
  ["http-and-jobs-call-usecases", "server/jobs/b.ts", "better-sqlite3"],
  ["sqlite-driver-in-its-adapter", "server/storage/repository.ts", "better-sqlite3"],
  ["sqlite-driver-in-its-adapter", "test/support/a.ts", "better-sqlite3"],
  ["mongo-driver-in-its-adapter", "server/storage/other.ts", "mongoose"],
  ["mongo-driver-in-its-adapter", "server/cli/c.ts", "mongoose"],
  ["adapters-keep-to-themselves", "server/storage/sqlite/a.ts", "../../usecases/plain.ts"],
  ["adapters-keep-to-themselves", "server/storage/sqlite/b.ts", "../../../seed/plain.ts"],
  ["one-place-picks-adapters", "server/main.ts", "./storage/sqlite/plain.ts"],
  ["one-place-picks-adapters", "server/compose.ts", "./storage/sqlite/plain.ts"],
  ["one-place-picks-adapters", "server/cli/a.ts", "../storage/sqlite/plain.ts"],
  ["nobody-imports-tests", "server/shared/a.ts", "../../test/support/plain.ts"],
  ["nobody-imports-tests", "bench/a.ts", "../test/support/plain.ts"],
  ["no-unresolved", "server/shared/b.ts", "./not-there.ts"],
];
const CYCLE = [
  ["server/jobs/ring-a.ts", "./ring-b.ts"],
  ["server/jobs/ring-b.ts", "./ring-a.ts"],
] as const;
/** What the house allows, so that a rule that forbids everything is noticed too. */
const ALLOWED = [
  ["server/policy/good.ts", "../shared/plain.ts"],
  ["server/policy/good-too.ts", "../../schemas/plain.ts"],
  ["server/pipeline/good.ts", "node:crypto"],
  ["server/pipeline/pattern/good.ts", "../../../schemas/stix/plain.ts"],
  ["server/pipeline/pattern/good-too.ts", "node:crypto"],
  ["server/usecases/good.ts", "../storage/port.ts"],
  ["server/storage/sqlite/good.ts", "better-sqlite3"],
  ["server/http/good.ts", "express"],
  ["bench/good.ts", "better-sqlite3"],
  ["test/support/raw-sqlite.ts", "better-sqlite3"],
  ["server/open-store.ts", "./storage/sqlite/good.ts"],
  ["server/storage/mongo/good.ts", "mongoose"],
  ["test/support/mongo-good.ts", "mongoose"],
  ["test/support/good.ts", "../../server/compose.ts"],
] as const;
const TARGETS = [
  "server/pipeline/plain.ts",
  "schemas/stix/plain.ts",
  "server/shared/plain.ts",
  "server/usecases/plain.ts",
  "server/http/plain.ts",
  "server/compose-http.ts",
  "server/config.ts",
  "server/storage/port.ts",
  "server/storage/sqlite/plain.ts",
  "schemas/plain.ts",
  "seed/plain.ts",
  "test/support/plain.ts",
];

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}
const ROOT = process.cwd();
const CONFIG = path.resolve(ROOT, ".dependency-cruiser.cjs");

/** All plants are cruised in one run, since starting the tool is what costs. */
function cruise(): Violation[] {
  const house = mkdtempSync(path.join(tmpdir(), "tricord-imports-"));
  try {
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(house, file)), { recursive: true });
      writeFileSync(path.join(house, file), text);
    };
    for (const file of TARGETS) write(file, "export const plain = 1;\n");
    const lines = [...PLANTS.map(([, file, to]) => [file, to] as const), ...CYCLE, ...ALLOWED];
    for (const [file, to] of lines) write(file, `import * as it from "${to}";\nexport const used = it;\n`);
    symlinkSync(path.join(ROOT, "tsconfig.json"), path.join(house, "tsconfig.json"));
    for (const name of ["express", "better-sqlite3", "mongoose"]) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
      write(`node_modules/${name}/index.js`, "module.exports = {};\n");
    }
    write(
      "package.json",
      JSON.stringify({ type: "module", dependencies: { express: "1", "better-sqlite3": "1", mongoose: "1" } }),
    );
    const tool = path.join(ROOT, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
    const folders = ["server", "schemas", "seed", "test", "bench"];
    const { stdout } = spawnSync(process.execPath, [tool, "--config", CONFIG, "--output-type", "json", ...folders], {
      cwd: house,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
  } finally {
    rmSync(house, { recursive: true, force: true });
  }
}

let violations: Violation[] = [];
beforeAll(() => {
  violations = cruise();
});
const rulesAt = (file: string): string[] => violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

test.each(PLANTS)("import rule %s – %s imports %s – refused", (rule, file) => {
  expect(rulesAt(file)).toContain(rule);
});

test("import rule no-cycles – two files import each other – refused", () => {
  expect(rulesAt(CYCLE[0][0])).toContain("no-cycles");
});

test.each(ALLOWED)("import rules – %s imports %s – allowed", (file) => {
  expect(rulesAt(file)).toEqual([]);
});

test("the plants – held against the rules – every rule has one", () => {
  const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>(CONFIG);
  const planted = new Set<string>([...PLANTS.map(([rule]) => rule), "no-cycles"]);
  expect(forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
});
