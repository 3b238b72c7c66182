import type { Collections } from "../../../server/http/taxii/parts.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { formatMicros } from "../../../server/shared/instant.ts";
import { seal, unseal } from "../../../server/shared/seal.ts";
import { Rows } from "../../../server/storage/collections.ts";
import type { Storage } from "../../../server/storage/port.ts";
import type { Entry } from "../../../server/usecases/taxii/collection-page.ts";

/** One's own agency's rows by stamp: as much of a collection as the wire needs to be tried. */
export function standIn(storage: Storage): Collections {
  const key = Buffer.alloc(32, 7);
  const all = async (agency: string | undefined): Promise<(Entry & { type: string; at: number })[]> => {
    const rows = await storage.collection(Rows).all({ limit: 100_000 });
    const seen = new Set<string>();
    return rows
      .filter(({ originator, cut }) => originator === agency && cut.length === 0)
      .sort((a, b) => a.stamp - b.stamp || (a.id < b.id ? -1 : 1))
      .map((row) => {
        const text = Buffer.from(row.bytes).toString("utf8");
        const { modified, created } = JSON.parse(text) as { modified?: string; created?: string };
        const version = modified ?? created ?? formatMicros(row.stamp);
        return { id: row.stixId, version, added: row.stamp, text, type: row.kind, at: Date.parse(version) };
      })
      .filter(({ id, version }) => !seen.has(`${id} ${version}`) && seen.add(`${id} ${version}`));
  };
  return {
    async exists(viewer, _moment, collection, id) {
      return collection !== "recalls" && (await all(viewer.agency)).some((one) => one.id === id);
    },
    async page(viewer, _moment, { collection, ids, types, versions, specVersions, after = 0, limit, next }) {
      const asked = JSON.stringify([viewer.id, collection, ids, types, versions, specVersions, after]);
      const opened = next === undefined ? undefined : (unseal(key, "stand-in", next) as [string, number] | undefined);
      if (next !== undefined && opened?.[0] !== asked)
        throw new Fault("bad_request", "no cursor", { code: "cursor.invalid" });
      let found = (collection === "recalls" ? [] : await all(viewer.agency)).filter(
        ({ id, type, added }) =>
          added > after &&
          (ids?.includes(id) ?? true) &&
          (types?.includes(type) ?? true) &&
          (specVersions?.includes("2.1") ?? true),
      );
      if (versions === undefined || !("all" in versions)) {
        const { first, last, at } = versions ?? { first: false, last: true, at: [] };
        const of = (id: string) => found.filter((one) => one.id === id).map((one) => one.at);
        found = found.filter(
          (one) =>
            (first && one.at === Math.min(...of(one.id))) ||
            (last && one.at === Math.max(...of(one.id))) ||
            at.includes(`${one.at}.`),
        );
      }
      const rest = found.filter(({ added }) => added > (opened?.[1] ?? 0));
      const entries = rest.slice(0, limit);
      const end = entries.at(-1);
      return end !== undefined && rest.length > limit
        ? { entries, next: seal(key, "stand-in", [asked, end.added]) }
        : { entries };
    },
  };
}
