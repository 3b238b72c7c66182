import { callScript } from "./run-module.ts";

const ok = { name: "types", ok: true };
const bad = { name: "lint", ok: false };
const jestReport = (passed: number, failed: number, more: object = {}) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  ...more,
});

interface Case {
  readonly when: string;
  readonly args: readonly unknown[];
  readonly line: string;
  readonly remark?: string;
}
const broken = jestReport(9, 0, { numRuntimeErrorTestSuites: 1 });
const skipped = jestReport(0, 0, { numPendingTests: 4 });
const NONE = "no test ran";
const CASES: readonly Case[] = [
  { when: "all well", args: [[ok, ok], jestReport(10, 0), 0], line: "12 passed, 0 failed" },
  { when: "a check failed", args: [[ok, bad], jestReport(10, 0), 0], line: "11 passed, 1 failed" },
  { when: "a test failed", args: [[ok], jestReport(9, 1), 1], line: "10 passed, 1 failed" },
  { when: "a test file could not run", args: [[ok], broken, 1], line: "10 passed, 1 failed" },
  { when: "no test ran", args: [[ok], jestReport(0, 0), 0], line: "1 passed, 1 failed", remark: NONE },
  { when: "only skipped tests", args: [[ok], skipped, 0], line: "1 passed, 1 failed", remark: NONE },
  { when: "jest wrote nothing", args: [[ok], null, 1], line: "1 passed, 1 failed", remark: NONE },
  {
    when: "jest failed without a failed test",
    args: [[ok], jestReport(3, 0), 1],
    line: "4 passed, 1 failed",
    remark: "jest ended with code 1 though no test failed",
  },
];

test.each(CASES)("tally of a test run – $when – the last line says so", ({ args, line, remark }) => {
  const [counts] = callScript("tally.mjs", "tally", [args]) as [{ remark?: string }];
  expect(callScript("tally.mjs", "lastLine", [[counts]])).toEqual([line]);
  expect(counts.remark).toBe(remark);
});

test("sum – of a run on each engine – counts what both passed, failed and skipped", () => {
  const [all] = callScript("tally.mjs", "sum", [
    [
      [
        { passed: 3, failed: 0, skipped: 1 },
        { passed: 4, failed: 2, skipped: 0, remark: NONE },
      ],
    ],
  ]);
  expect(all).toEqual({ passed: 7, failed: 2, skipped: 1 });
});
