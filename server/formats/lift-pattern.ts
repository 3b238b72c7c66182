import { parsePattern } from "../pipeline/pattern/parse.ts";
import { printPath } from "../pipeline/pattern/print.ts";
import { PatternStop } from "../pipeline/pattern/problem.ts";
import { propertyOf, sortOfType } from "../pipeline/pattern/properties.ts";
import { Scanner } from "../pipeline/pattern/tokens.ts";
import { leavesOf, type Path, type Pattern, type Step } from "../pipeline/pattern/tree.ts";

/** Properties of observables that STIX 2.1 calls otherwise, by the type that has them. */
const RENAMED: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    file: { created: "ctime", modified: "mtime", accessed: "atime" },
    directory: { created: "ctime", modified: "mtime", accessed: "atime" },
    process: { created: "created_time", binary_ref: "image_ref" },
    "user-account": { password_last_changed: "credential_last_changed" },
    "windows-registry-key": { modified: "modified_time" },
  }).map(([type, names]) => [type, new Map(Object.entries(names))] as const),
);

/** The dates of START and STOP with the letter t before them, which 2.0 does not have. Text that is no pattern comes back as it is. */
function withLetters(pattern: string): string {
  try {
    let out = "";
    let from = 0;
    let dated = false;
    for (const scanner = new Scanner(pattern); scanner.kind !== "end"; scanner.advance()) {
      if (dated && scanner.kind === "string") {
        out += `${pattern.slice(from, scanner.start)}t`;
        from = scanner.start;
      }
      dated = scanner.kind === "keyword" && (scanner.value === "START" || scanner.value === "STOP");
    }
    return out + pattern.slice(from);
  } catch (stop) {
    if (stop instanceof PatternStop) return pattern;
    throw stop;
  }
}

/** Types that the object may be of to which the steps lead; none where they lead to no object of its own. */
function typesBehind(path: Path, steps: readonly Step[]): readonly string[] {
  if (steps.length === 0) return [path.type];
  const property = propertyOf({ ...path, steps });
  return property.kind === "reference" ? (property.targets ?? []) : [];
}

/** The path in the names of 2.1, also behind references; `undefined` if it has them already. */
function renamed(path: Path): Path | undefined {
  if (sortOfType(path.type) !== "observable") return undefined;
  const steps: Step[] = [];
  let changed = false;
  for (const step of path.steps) {
    const names =
      step.kind === "key"
        ? new Set(typesBehind(path, steps).map((type) => RENAMED.get(type)?.get(step.name) ?? step.name))
        : new Set<string>();
    const [name, other] = names;
    const now = step.kind === "key" && name !== undefined && other === undefined ? name : undefined;
    if (step.kind !== "key" || now === undefined || now === step.name) steps.push(step);
    else {
      steps.push({ kind: "key", name: now });
      changed = true;
    }
  }
  return changed ? { ...path, steps } : undefined;
}

function* pathsOf(tree: Pattern): Generator<Path> {
  if (tree.kind === "observation") for (const leaf of leavesOf(tree.test)) yield leaf.path;
  else if (tree.kind === "qualified") yield* pathsOf(tree.operand);
  else for (const operand of tree.operands) yield* pathsOf(operand);
}

/**
 * A pattern of STIX 2.0 as STIX 2.1 writes it: `START t'…' STOP t'…'` (2.0 has no letter before the constant), renamed properties, behind
 * references too. Everything else, constants and comments among it, stands as it was, and text that is no pattern comes back with its dates at most.
 */
export function liftPattern(pattern: string): string {
  const dated = withLetters(pattern);
  const parsed = parsePattern(dated);
  if ("problem" in parsed) return dated;
  let out = "";
  let from = 0;
  for (const path of pathsOf(parsed.tree)) {
    const now = renamed(path);
    if (now === undefined) continue;
    out += dated.slice(from, path.at.offset) + printPath(now);
    from = path.at.end;
  }
  return out + dated.slice(from);
}
