import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The table of leak channels in `docs/policy.md` says which test proves what: each has to be there (policy 7). */

const ROOT = process.cwd();
const HEAD = "| leak channel | how it is closed | shown by | planted leak that is caught |";

interface Line {
  readonly channel: string;
  readonly tests: ReadonlyArray<{ readonly file: string; readonly name: string }>;
  readonly leaks: readonly string[];
}

/** ``path`: "name"; "name"; `path`: "name"`` as files with names. */
function testsIn(cell: string): { file: string; name: string }[] {
  const found: { file: string; name: string }[] = [];
  let file = "";
  for (const [, path, name] of cell.matchAll(/`([\w./-]+\.test\.ts)`|"([^"]+)"/g)) {
    if (path !== undefined) file = path;
    else found.push({ file, name: name ?? "" });
  }
  return found;
}

const lines = (text: string): Line[] =>
  text
    .slice(text.indexOf(HEAD))
    .split("\n\n")[0]
    ?.split("\n")
    .slice(2)
    .map((line) => {
      const [, channel = "", , tests = "", leaks = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { channel, tests: testsIn(tests), leaks: [...leaks.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name) };
    }) ?? [];

const table = lines(readFileSync(join(ROOT, "docs/policy.md"), "utf8"));
const files = readdirSync(resolve(ROOT, "test"), { recursive: true, encoding: "utf8" }).map((file) =>
  file.replaceAll("\\", "/"),
);
const pathOf = (file: string): string | undefined => files.find((one) => one === file || one.endsWith(`/${file}`));
/** Names with parts that are drawn (`%s`, `${…}`) match what the table says up to there. */
const plainText = (file: string): string => readFileSync(join(ROOT, "test", file), "utf8").replaceAll('\\"', '"');
const planted = files
  .filter((file) => /^twin\/planted-leaks.*\.test\.ts$/.test(file))
  .map(plainText)
  .join("\n");

/** Each channel of policy 7, by words of its own. Those with a dagger no twin test sees. */
const CHANNELS: ReadonlyArray<readonly [words: string, dagger?: true]> = [
  ["counts, facets, page totals"],
  ["order and dates"],
  ["`next`, ETag, label, job"],
  ["ids of consolidated objects"],
  ['"already exists"'],
  ["validation order, status, headers"],
  ["references to hidden ids"],
  ["search in cut fields"],
  ["alias and merge candidates"],
  ['"your text names a hidden value"'],
  ["file names, mail digests, history"],
  ["recall reasons"],
  ["disclosure reports"],
  ["export stamp"],
  ["429, queue depth", true],
  ["response time", true],
  ["stalls by hidden writers", true],
  ["compressed length", true],
  ["`/metrics`, logs, backups", true],
];

describe("the table of leak channels in docs/policy.md", () => {
  test("every channel of policy 7 – looked for in the table – has a line there, and no line is of none", () => {
    expect(table.map(({ channel }) => CHANNELS.find(([words]) => channel.startsWith(words))?.[0] ?? channel)).toEqual(
      CHANNELS.map(([words]) => words),
    );
  });

  test.each(table.map((line) => [line.channel, line] as const))(
    "%s – what it names – is there",
    (_, { tests, leaks }) => {
      const missing = tests.filter(({ file, name }) => {
        const path = pathOf(file);
        return path === undefined || !plainText(path).includes(name);
      });
      expect(missing).toEqual([]);
      expect(leaks.filter((leak) => !planted.includes(`"${leak}": {`))).toEqual([]);
    },
  );

  test("a channel that bytes can show – without a planted leak, or any without a test – is said to have none", () => {
    const bare = table.filter(({ channel, tests, leaks }) => {
      const dagger = CHANNELS.some(([words, dagged]) => dagged === true && channel.startsWith(words));
      return tests.length === 0 || (!dagger && leaks.length === 0);
    });
    expect(bare.map(({ channel }) => channel)).toEqual([]);
  });
});
