import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The compound cases of policy 6 are a list in `test/cases/compound.json`; none of them may get lost. */
interface Case {
  readonly q: string;
  readonly ways: readonly string[];
}

const folder = path.resolve(process.cwd(), "test/http");
const { cases } = JSON.parse(readFileSync(path.resolve(process.cwd(), "test/cases/compound.json"), "utf8")) as {
  cases: readonly Case[];
};

test("the compound cases – of the policy's table – fifty, each once, in order, each with a way it is tested over", () => {
  expect(cases.map(({ q }) => q)).toEqual(Array.from({ length: 50 }, (_, n) => `Q${String(n + 1).padStart(2, "0")}`));
  expect(cases.filter(({ ways }) => ways.length === 0)).toEqual([]);
});

test("each compound case – has a test that begins with its number – and there is none of another number", () => {
  const named = readdirSync(folder)
    .filter((name) => /^compound-[a-z]+\.test\.ts$/.test(name))
    .flatMap((name) => readFileSync(path.join(folder, name), "utf8").match(/\(\s*["'`]Q\d\d – /g) ?? [])
    .map((found) => found.replace(/[^Q\d]/g, ""));
  expect([...new Set(named)].sort()).toEqual(cases.map(({ q }) => q));
});
