import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** docs/taxii.md says where each requirement is tested: what it names has to be there. */
const FOLDER = join(process.cwd(), "test", "http", "taxii");
const LAST = 111;
const number = (n: number): string => `T-${String(n).padStart(3, "0")}`;

interface Line {
  readonly number: string;
  readonly file: string;
  readonly name: string;
}

/** The lines of the table; what leaves its number out is of the one before. */
function lines(): Line[] {
  const found: Line[] = [];
  for (const line of readFileSync(join(process.cwd(), "docs", "taxii.md"), "utf8").split("\n")) {
    const [, first = "", , , file = "", ...name] = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
    const own =
      /^T-\d{3}$/.exec(first)?.[0] ?? (first === "" && /^`.*`$/.test(file) ? found.at(-1)?.number : undefined);
    if (own !== undefined) found.push({ number: own, file: file.replaceAll("`", ""), name: name[0] ?? "" });
  }
  return found;
}

/** Names of tests as they are written, by file. */
const written = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".test.ts") && file !== "docs.test.ts")
    .map((file) => {
      const text = readFileSync(join(FOLDER, file), "utf8");
      return [
        file,
        new Set([...text.matchAll(/\(\s*"((?:[^"\\]|\\.)+ – (?:[^"\\]|\\.)+)"/g)].map(([, name]) => name)),
      ] as const;
    }),
);

test("docs/taxii.md – of the numbers of sections 0 to 10 – has every one, in order, each with a test", () => {
  const numbers = [...new Set(lines().map((line) => line.number))];
  expect(numbers).toEqual(Array.from({ length: LAST }, (_, i) => number(i + 1)));
});

test("docs/taxii.md – of each test that it names – names one that is there, and that has the number in its own name", () => {
  const wrong = lines().filter(
    ({ file, name, number: own }) => written.get(file)?.has(name) !== true || !name.includes(own),
  );
  expect(wrong).toEqual([]);
});

test("tests of this folder – with a number in their names – are all named in docs/taxii.md", () => {
  const named = new Set(lines().map(({ file, name }) => `${file} ${name}`));
  const all = [...written].flatMap(([file, names]) =>
    [...names].filter((name) => /^T-\d{3}/.test(name ?? "")).map((name) => `${file} ${name}`),
  );
  expect(all.length).toBeGreaterThan(90);
  expect(all.filter((one) => !named.has(one))).toEqual([]);
});
