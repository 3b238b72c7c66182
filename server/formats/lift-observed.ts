import { idContributing, scoId } from "../../schemas/stix/id-contributing.ts";
import { show } from "../../schemas/stix/validate/path-text.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { uuid5, uuidBytes } from "../shared/digest.ts";
import type { Problem } from "../shared/fault.ts";

/** Namespace of ids of lifted observables that have no deterministic id of their own: of their observation and their key in it. */
const NAMESPACE = uuidBytes("3f1f2a0e-6f0b-4d57-9d0e-5b4f2c9a7e10");

/**
 * An id by the place, the same each time. Where nothing contributes to an id it has to be of version 4 (STIX 2.1 section 2.9), so
 * that the digits are those of a digest, and the version says what they stand for: chance.
 */
const idByPlace = (type: string, observation: string, key: string): string => {
  const uuid = uuid5(NAMESPACE, `${observation}|${key}`);
  return `${type}--${uuid.slice(0, 14)}4${uuid.slice(15)}`;
};

/** Properties that STIX 2.1 calls otherwise (STIX 2.1, appendix on changes since 2.0), by type. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  file: { created: "ctime", modified: "mtime", accessed: "atime" },
  directory: { created: "ctime", modified: "mtime", accessed: "atime" },
  process: { created: "created_time", binary_ref: "image_ref" },
  "user-account": { password_last_changed: "credential_last_changed" },
  "windows-registry-key": { modified: "modified_time" },
};

const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const own = (table: object, name: string): boolean => Object.hasOwn(table, name);

const renamedIn = (type: string, name: string): string => {
  const names = own(RENAMED, type) ? RENAMED[type] : undefined;
  return names !== undefined && own(names, name) ? (names[name] ?? name) : name;
};

/** The deterministic id; none for what can't be written as canonical JSON, which `validate` refuses with words. */
function scoIdOf(type: string, properties: StixJson): string | undefined {
  try {
    return scoId(type, properties);
  } catch {
    return undefined;
  }
}

/** `ssdeep` is `SSDEEP` in 2.1; other names of algorithms are the same. */
const liftHashes = (hashes: unknown): unknown =>
  isObject(hashes)
    ? Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name === "ssdeep" ? "SSDEEP" : name, hash]))
    : hashes;

/** Header fields are lists of texts in 2.1, so that one can be there twice (sections 6.6 and 6.12.2). */
const HEADERS: ReadonlySet<string> = new Set(["additional_header_fields", "request_header"]);
const liftHeaders = (fields: unknown): unknown =>
  isObject(fields)
    ? Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [name, typeof field === "string" ? [field] : field]),
      )
    : fields;

/** Members that stand in one another's id by reference; deeper is no observation that anybody made. */
const DEEPEST = 64;

/** Gives the members of one observation their ids and resolves what they refer to. */
class Resolver {
  readonly problems: Problem[] = [];
  private readonly ids = new Map<string, string>();
  private readonly open = new Set<string>();
  private readonly circular = new Set<string>();
  private readonly members: ReadonlyMap<string, StixJson>;
  private readonly observation: string;
  constructor(members: ReadonlyMap<string, StixJson>, observation: string) {
    this.members = members;
    this.observation = observation;
  }

  /** The id that a member gets. One that would stand in its own id gets one by its place. */
  idOf(key: string): string {
    const held = this.ids.get(key);
    if (held !== undefined) return held;
    const member = this.members.get(key) ?? {};
    const type = String(member.type);
    const byPlace = idByPlace(type, this.observation, key);
    if (this.open.has(key)) {
      this.circular.add(key);
      return byPlace;
    }
    if (this.open.size >= DEEPEST) this.circular.add(key);
    let id: string | undefined;
    if (!this.circular.has(key)) {
      this.open.add(key);
      const properties = this.properties(key, member, new Set(idContributing(type)));
      this.open.delete(key);
      if (!this.circular.has(key)) id = scoIdOf(type, properties);
    }
    this.ids.set(key, id ?? byPlace);
    return id ?? byPlace;
  }

  private reference(value: unknown, path: string): unknown {
    if (typeof value !== "string" || value.includes("--")) return value;
    if (this.members.has(value)) return this.idOf(value);
    this.problems.push({
      code: "stix20.reference",
      path,
      message: `refers to ${show(value)}, and the observation has no object under that key`,
    });
    return value;
  }

  private value(name: string, value: unknown, path: string): unknown {
    if (name.endsWith("_ref")) return this.reference(value, path);
    if (name.endsWith("_refs") && Array.isArray(value))
      return value.map((one, i) => this.reference(one, `${path}[${i}]`));
    if (Array.isArray(value)) return value.map((one, i) => this.value("", one, `${path}[${i}]`));
    if (!isObject(value)) return value;
    if (HEADERS.has(name)) return liftHeaders(value);
    return Object.fromEntries(
      Object.entries(value).map(([inner, one]) => [inner, this.value(inner, one, `${path}.${inner}`)]),
    );
  }

  /** The properties of a member as 2.1 has them; of `only` these names where a part is enough. */
  properties(key: string, member: StixJson, only?: ReadonlySet<string>): StixJson {
    const type = String(member.type);
    const found: (readonly [string, unknown])[] = [];
    for (const [name, value] of Object.entries(member)) {
      const now = renamedIn(type, name);
      if (name === "type" || name === "id" || name === "spec_version" || (only !== undefined && !only.has(now)))
        continue;
      found.push([now, this.value(now, now === "hashes" ? liftHashes(value) : value, `objects.${key}.${name}`)]);
    }
    return Object.fromEntries(found);
  }
}

/** What an observation's granular markings say of its objects: refs of markings of a whole one, and markings of parts, by key. */
interface ByKey {
  readonly whole: Map<string, string[]>;
  readonly parts: Map<string, StixJson[]>;
  /** Of all of them: a selector whose object can't be told marks each. */
  readonly all: string[];
}

function put<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}

function markingsByKey(granular: readonly unknown[], members: ReadonlyMap<string, StixJson>): ByKey {
  const found: ByKey = { whole: new Map(), parts: new Map(), all: [] };
  for (const marking of granular.filter(isObject)) {
    const ref = marking.marking_ref;
    for (const selector of listOf(marking.selectors)) {
      if (selector !== "objects" && !(typeof selector === "string" && selector.startsWith("objects."))) continue;
      const [, key = "", first, ...rest] = selector.split(".");
      const member = members.get(key);
      if (member !== undefined && first !== undefined) {
        const inner = [renamedIn(String(member.type), first), ...rest].join(".");
        put(found.parts, key, { ...marking, selectors: [inner] });
      } else if (typeof ref !== "string") continue;
      else if (member !== undefined) put(found.whole, key, ref);
      else found.all.push(ref);
    }
  }
  return found;
}

/** What stays on the observation: a marking of its objects, in whole or part, is one of the list of references, too. */
export function liftSelector(selector: unknown): unknown {
  return selector === "objects" || (typeof selector === "string" && selector.startsWith("objects."))
    ? "object_refs"
    : selector;
}

export type LiftedObservation =
  | {
      readonly members: readonly { readonly key: string; readonly object: StixJson }[];
      readonly refs: readonly string[];
    }
  | { readonly problem: Problem };

/**
 * The dictionary of objects of a STIX 2.0 observation as observables of STIX 2.1 with deterministic ids (section 2.9), which refer to
 * each other by id. They carry the markings of the observation, since they are what it says. A reference to a key that is not there, or an
 * object without a type, is a problem of the observation.
 */
export function liftObserved(observation: StixJson, objects: StixJson): LiftedObservation {
  const members = new Map<string, StixJson>();
  for (const [key, member] of Object.entries(objects)) {
    if (isObject(member) && typeof member.type === "string") members.set(key, member);
    else {
      const found = isObject(member) ? "an object without a type" : show(member);
      return {
        problem: {
          code: "stix20.observed_object",
          path: `objects.${key}`,
          message: `found ${found}; an observable was expected`,
        },
      };
    }
  }
  const resolver = new Resolver(members, String(observation.id));
  const marked = markingsByKey(listOf(observation.granular_markings), members);
  const lifted = [...members].map(([key, member]) => {
    const type = String(member.type);
    const marks = [
      ...new Set([...listOf(observation.object_marking_refs), ...(marked.whole.get(key) ?? []), ...marked.all]),
    ];
    const parts = [...listOf(member.granular_markings), ...(marked.parts.get(key) ?? [])];
    const object = {
      type,
      spec_version: "2.1",
      id: resolver.idOf(key),
      ...resolver.properties(key, member),
      ...(marks.length === 0 ? {} : { object_marking_refs: marks }),
      ...(parts.length === 0 ? {} : { granular_markings: parts }),
    };
    return { key, object };
  });
  const [problem] = resolver.problems;
  if (problem !== undefined) return { problem };
  return { members: lifted, refs: [...new Set(lifted.map(({ object }) => object.id))] };
}
