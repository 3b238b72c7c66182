import { knowing } from "../../schemas/stix/validate/beyond.ts";
import type { Beyond, PatternFinding } from "../../schemas/stix/validate/check-object.ts";
import { checkPattern, type Validity } from "./pattern/check.ts";
import type { PatternProblem } from "./pattern/problem.ts";

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const finding =
  (warning: boolean) =>
  ({ code, message, rule, line, column }: PatternProblem): PatternFinding => ({
    code,
    message: `${message} (line ${line}, column ${column})`,
    rule: rule.replace("STIX 2.1 section ", ""),
    warning,
  });

/** What the standard calls a comparison that is always false, and no fault of the indicator (section 9.6.1). */
const NEVER_MATCHES = new Set(["pattern.constant_type", "pattern.constant_range", "pattern.constant_octets"]);

/** A pattern of the language of STIX 2.1; one that says that it is of another version is judged by nobody. */
function judgePattern(pattern: string, indicator: Readonly<Record<string, unknown>>): readonly PatternFinding[] {
  if (indicator.pattern_version !== undefined && indicator.pattern_version !== "2.1") return [];
  const [validFrom, validUntil] = [textOf(indicator.valid_from), textOf(indicator.valid_until)];
  const validity: Validity = {
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
  const { errors, warnings } = checkPattern(pattern, validity);
  return [...errors.map((one) => finding(NEVER_MATCHES.has(one.code))(one)), ...warnings.map(finding(true))];
}

/** What the house knows beyond the shapes and rules of the standard: its pattern language, and our extensions. */
export const KNOWN: Beyond = knowing({ patterns: new Map([["stix", judgePattern]]) });
