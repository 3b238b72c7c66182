import { isObject } from "./content.ts";
import { show } from "./path-text.ts";
import type { CheckMembers, Walk } from "./walk.ts";

/**
 * The deprecated container of an observation (STIX 2.1 section 2.13): its keys are local names, by which its members refer to
 * each other. A member may be as STIX 2.0 has it, so that of its properties only those are judged that both know.
 */
export function checkContainer(
  container: unknown,
  walk: Walk,
  membersOf: (type: string) => CheckMembers | undefined,
): void {
  if (!isObject(container)) return;
  const outside = { container: walk.container, observable: walk.observable };
  const members = Object.entries(container).filter((entry): entry is [string, Record<string, unknown>] =>
    isObject(entry[1]),
  );
  walk.container = new Map([...members.map(([, member]) => [member.id, member] as const), ...members]);
  walk.observable = true;
  for (const [key, member] of members) {
    walk.path.push("objects", key);
    const check = typeof member.type === "string" ? membersOf(member.type) : undefined;
    if (check !== undefined) check(member, walk);
    else if (typeof member.type === "string" && !/^[a-z][a-z0-9-]{2,249}$/.test(member.type))
      walk.add("stix.container", `found ${show(member.type)}, which is no name of a type`, "type");
    walk.path.length -= 2;
  }
  walk.container = outside.container;
  walk.observable = outside.observable;
}
