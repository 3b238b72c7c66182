import { CODES, codeOf } from "../../schemas/stix/validate/codes.ts";
import { RULES } from "../../schemas/stix/validate/rules.ts";
import { stixVerdict } from "../../server/pipeline/stix-verdict.ts";
import file from "../cases/stix-rules.json" with { type: "json" };
import together from "../cases/stix-together.json" with { type: "json" };
import { type Change, changed } from "./case-objects.ts";

interface RuleCase {
  readonly rule: number;
  readonly code: string;
  readonly what: string;
  readonly type: string;
  readonly from: "minimal" | "full";
  readonly level?: "should";
  readonly path?: string;
  readonly breaks: Change;
  readonly edge: Change;
}
const cases = file as readonly RuleCase[];
const titled = cases.map((one) => ({ ...one, level: one.level ?? "must", title: `${one.type}: ${one.what}` }));

const codesOf = (findings: readonly { code: string }[]): string[] => [...new Set(findings.map(({ code }) => code))];

test.each(titled)("rule $rule – $title – $code, and nothing else", ({ type, from, code, level, path, breaks }) => {
  const { valid, errors, warnings } = stixVerdict(changed(type, from, breaks));
  if (level === "should") {
    expect({ valid, errors }).toEqual({ valid: true, errors: [] });
    expect(codesOf(warnings)).toContain(code);
    return;
  }
  expect({ valid, codes: codesOf(errors) }).toEqual({ valid: false, codes: [code] });
  if (path !== undefined) expect(errors.map((error) => error.path)).toEqual([path]);
  for (const error of errors) expect(error.rule).toMatch(/^\d+(\.\d+)*$/);
});

test.each(titled)("rule $rule – the edge of $title – keeps it", ({ type, from, code, level, edge }) => {
  const { valid, errors, warnings } = stixVerdict(changed(type, from, edge));
  expect({ valid, errors }).toEqual({ valid: true, errors: [] });
  if (level === "should") expect(codesOf(warnings)).not.toContain(code);
});

test("the rules – all hundred – each has codes or a reason why nothing can show it", () => {
  expect(Object.keys(RULES).map(Number)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  for (const [number, { codes, unseen }] of Object.entries(RULES)) {
    expect({ number, says: codes.length > 0 || unseen !== undefined }).toEqual({ number, says: true });
    for (const code of codes)
      expect({ number, code, known: code in CODES || code.startsWith("pattern.") }).toEqual({
        number,
        code,
        known: true,
      });
  }
});

test("the rules – against the case files – a case that breaks it and one at its edge for each rule that can be seen", () => {
  const seen = new Set([...cases.map(({ rule }) => rule), ...together.map(({ rule }) => rule)]);
  const open = Object.entries(RULES).filter(([number, { codes }]) => codes.length > 0 && !seen.has(Number(number)));
  expect(open.map(([number]) => number)).toEqual([]);
  for (const { rule, code } of [...cases, ...together])
    expect({ rule, code, named: RULES[rule]?.codes.includes(code) }).toEqual({ rule, code, named: true });
});

test("the codes – each MUST of the table – has a case that breaks it alone", () => {
  const own = new Set(
    "stix.not_object stix.forbidden_key stix.text stix.depth stix.too_large stix.bundle stix.version_2_0 stix.spec_version stix.unknown_key stix.format stix.rule stix.amount stix.extension_content stix.hash_form stix.id_changed stix.type_changed stix.modified_missing".split(
      " ",
    ),
  );
  const seen = new Set([...cases.map(({ code }) => code), ...together.map(({ code }) => code)]);
  const musts = Object.keys(CODES).filter((code) => codeOf(code).level === "must" && !own.has(code));
  expect(musts.filter((code) => !seen.has(code))).toEqual([]);
});
