import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** docs/security.md claims nothing that no test shows: each file and name that it gives is there. */
const read = (file: string): string => readFileSync(path.resolve(process.cwd(), file), "utf8");
const text = read("docs/security.md");

/** `file`: "name", "name". */
const cited = [...text.matchAll(/`(test\/[a-z0-9/.-]+\.ts)`: ((?:"[^"]+"(?: \([^)]*\))?(?:, )?)+)/g)].map(
  ([, file = "", names = ""]) => ({ file, names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name) }),
);

test("the threat model – each test that it names – is there, under that name", () => {
  const missing = cited.flatMap(({ file, names }) => {
    if (!existsSync(path.resolve(process.cwd(), file))) return [file];
    const source = read(file);
    return names.filter((name) => !source.includes(name)).map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
  expect(cited.length).toBeGreaterThan(30);
});

test("the threat model – each threat – says what is done, by what it is shown and what is left", () => {
  const sections = text.split(/^## /m).slice(1);
  const threats = sections.filter((section) => !section.startsWith("What everything rests on"));
  const said = threats.map((section) =>
    [...section.matchAll(/^\*\*(Done|Shown|Left)\.\*\*/gm)].map(([, word]) => word),
  );
  expect(threats).toHaveLength(9);
  expect(said).toEqual(threats.map(() => ["Done", "Shown", "Left"]));
});

test("the threat model – its Shown paragraphs – name a test in a form that is looked up", () => {
  const named = (text.match(/`test\/[a-z0-9/.-]+\.ts`/g) ?? []).length;
  // One is this file's own, which has no name beside it.
  expect(named).toBe(cited.length + 1);
});
