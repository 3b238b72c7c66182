import { z } from "zod";
import { MatchBody, PatternBody, PatternPair } from "../../schemas/api/stix.ts";
import { scoId } from "../../schemas/stix/id-contributing.ts";
import { PUBLISHED_SCO_TYPES, SCO_TYPES } from "../../schemas/stix/types.ts";
import { codeOf } from "../../schemas/stix/validate/codes.ts";
import { pathText, show } from "../../schemas/stix/validate/path-text.ts";
import { structureProblems } from "../../schemas/stix/validate/structure.ts";
import type { Verdict } from "../../schemas/stix/validate/validate-stix.ts";
import type { Finding } from "../../schemas/stix/validate/walk.ts";
import { decodeUtf8, inflate } from "../formats/decode.ts";
import { duplicateNames } from "../formats/duplicate-names.ts";
import { parseJson } from "../formats/parse-json.ts";
import { checkPattern } from "../pipeline/pattern/check.ts";
import { sameThing } from "../pipeline/pattern/loose.ts";
import { matchPattern } from "../pipeline/pattern/match.ts";
import { equivalent, normalText } from "../pipeline/pattern/normal.ts";
import { parsePattern } from "../pipeline/pattern/parse.ts";
import type { PatternProblem } from "../pipeline/pattern/problem.ts";
import type { Pattern } from "../pipeline/pattern/tree.ts";
import { PATTERN_CANONICAL } from "../pipeline/pattern-key.ts";
import { stixVerdict } from "../pipeline/stix-verdict.ts";
import { Fault } from "../shared/fault.ts";
import type { StandardsAsk, StandardsVerb } from "./standards.ts";

/** Bytes that a compressed question may unpack to. */
const MOST_INFLATED = 268_435_456;

const OBSERVABLES: ReadonlySet<string> = new Set([...SCO_TYPES, ...PUBLISHED_SCO_TYPES]);

/** The body by its shape. `Fault("bad_request")` with the path of what is wrong. */
function shaped<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Fault("bad_request", issue?.message ?? "the body is of another shape", {
    code: "body.shape",
    path: pathText(issue?.path ?? []),
  });
}

/** As the wire has it: all that is wrong with a pattern stands at its property. */
const finding = ({ code, message, rule, offset, line, column }: PatternProblem): object => ({
  ...{ code, path: "pattern", message, rule: rule.replace("STIX 2.1 section ", "") },
  ...{ offset, line, column },
});

function treeOf(pattern: string, path: string): Pattern {
  const parsed = parsePattern(pattern);
  if ("tree" in parsed) return parsed.tree;
  const { code, message, line, column } = parsed.problem;
  throw new Fault("unprocessable", `${message} (line ${line}, column ${column})`, { code, path });
}

/** Names that stand twice in one object: a parser keeps the last and says nothing, so that they are looked for in the text. */
function withDuplicates(verdict: Verdict, text: string): Verdict {
  const twice = duplicateNames(text).map((path) => ({
    code: "stix.duplicate_name",
    path: pathText(path),
    message: "stands twice in one object; each name stands once",
    rule: "2.3",
  }));
  return twice.length === 0 ? verdict : { ...verdict, valid: false, errors: [...twice, ...verdict.errors] };
}

/** JSON that nobody can read is a fault; what is only too deep for an object is not valid. */
function validated(bytes: Uint8Array, text: string): Verdict {
  try {
    return withDuplicates(stixVerdict(parseJson(bytes, text)), text);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "input.depth") throw error;
    const deep = { code: "stix.depth", path: "", message: error.message, rule: codeOf("stix.depth").section };
    return { valid: false, errors: [deep], warnings: [] };
  }
}

/** The id that the standard gives an observable; of what has no contributing property a random one (section 2.9). */
function idOf(value: unknown, uuid: () => string): object {
  const object = shaped(z.record(z.string(), z.unknown()), value);
  const { type } = object;
  if (typeof type !== "string" || !OBSERVABLES.has(type))
    throw new Fault("unprocessable", `found the type ${show(type)}; observables have ids made over what they hold`, {
      code: "stix.id_type",
      path: "type",
    });
  const refuse = (error: Finding | undefined): void => {
    if (error !== undefined) throw new Fault("unprocessable", error.message, { code: error.code, path: error.path });
  };
  // Half a character and a number without end have no canonical text that an id could be made over.
  refuse(structureProblems(object)[0]);
  const made = scoId(type, object);
  const id = made ?? `${type}--${uuid()}`;
  refuse(stixVerdict({ ...object, id, spec_version: object.spec_version ?? "2.1" }).errors[0]);
  return made === undefined ? { id, random: true } : { id };
}

const ANSWERS: Readonly<Record<StandardsVerb, (value: unknown, ask: StandardsAsk) => object>> = {
  validate: () => ({}),
  "pattern/validate": (value) => {
    const { pattern } = shaped(PatternBody, value);
    const { errors, warnings, tree } = checkPattern(pattern);
    const valid = errors.length === 0;
    return {
      valid,
      errors: errors.map(finding),
      warnings: warnings.map(finding),
      ...(valid && tree !== undefined ? { normal: normalText(tree) } : {}),
    };
  },
  "pattern/equivalent": (value) => {
    const pair = shaped(PatternPair, value);
    const [a, b] = [treeOf(pair.a, "a"), treeOf(pair.b, "b")];
    return { equivalent: equivalent(a, b), sameThing: sameThing(a, b, PATTERN_CANONICAL) };
  },
  "pattern/match": (value) => {
    const { pattern, observed } = shaped(MatchBody, value);
    const answer = matchPattern(pattern, observed);
    return "error" in answer ? { error: { path: "pattern", rule: "9", ...answer.error } } : answer;
  },
  id: (value, { uuid }) => idOf(value, () => uuid),
};

/**
 * The answer to a question about the standard, as JSON text. Faults: `bad_request` for what is no JSON or of another shape, `unprocessable` for a
 * pattern that can't be read and for what has no id to be made, `too_large` for what unpacks to too much.
 */
export function answerStandards(ask: StandardsAsk): string {
  const bytes = ask.encoding === "gzip" ? inflate(ask.bytes, MOST_INFLATED) : ask.bytes;
  const text = decodeUtf8(bytes);
  if (ask.verb === "validate") return JSON.stringify(validated(bytes, text));
  return JSON.stringify(ANSWERS[ask.verb](parseJson(bytes, text), ask));
}
