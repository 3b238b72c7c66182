import type { ColumnMap, ColumnMapReply } from "../../schemas/api/column-maps.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Accounts, ColumnMaps } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { ColumnMapDoc } from "../storage/post-documents.ts";
import type { AuditStream } from "./append-audit.ts";
import { readRevision } from "./policy-revision.ts";

/** Who asks: people of one agency share its maps, and another's are not there. */
interface Asker {
  readonly id: string;
  readonly agency?: string | undefined;
}

const MOST_MAPS = 200;

const replyOf = ({ name, map, changedBy, changedAt }: ColumnMapDoc): ColumnMapReply => ({
  name,
  map,
  changedBy,
  changedAt: formatInstant(changedAt),
});

const idOf = (agency: string, name: string): string => `${agency}:${name}`;

function agencyOf({ agency }: Asker): string {
  if (agency === undefined)
    throw new Fault("forbidden", "only an account of an agency has column maps", { code: "forbidden.no_agency" });
  return agency;
}

const absent = (): Fault => new Fault("not_found", "there is no such column map");

const allOf = (unit: Unit, agency: string): Promise<ColumnMapDoc[]> =>
  unit.collection(ColumnMaps).scan({ index: "agency", prefixes: [[agency]], limit: MOST_MAPS });

/** Saved column maps of an agency: kept, listed, read and removed; each change is in the audit. */
export class ColumnMapStore {
  readonly #storage: Storage;
  readonly #audit: AuditStream;

  constructor({ storage, audit }: { readonly storage: Storage; readonly audit: AuditStream }) {
    this.#storage = storage;
    this.#audit = audit;
  }

  /** By name. */
  async list(asker: Asker): Promise<ColumnMapReply[]> {
    return (await allOf(this.#storage, agencyOf(asker))).map(replyOf);
  }

  /** `Fault("not_found")` for a name that the agency has not. */
  async read(asker: Asker, name: string): Promise<ColumnMapReply> {
    const held = await this.#storage.collection(ColumnMaps).get(idOf(agencyOf(asker), name));
    if (held === undefined) throw absent();
    return replyOf(held);
  }

  /** Keeps the map under the name, in place of the one that is there. `Fault("conflict")`, `column_map.too_many` above 200 of an agency. */
  save(asker: Asker, name: string, map: ColumnMap, moment: Moment): Promise<ColumnMapReply> {
    const agency = agencyOf(asker);
    return this.#storage.transaction(async (unit) => {
      const maps = unit.collection(ColumnMaps);
      const held = await maps.get(idOf(agency, name));
      const fresh = { id: idOf(agency, name), agency, name, map, changedBy: asker.id, changedAt: moment.now };
      if (held !== undefined) await maps.put({ ...fresh, rev: held.rev });
      else {
        if ((await allOf(unit, agency)).length >= MOST_MAPS)
          throw new Fault("conflict", `an agency has ${MOST_MAPS} column maps at most`, {
            code: "column_map.too_many",
          });
        await maps.insert([fresh]);
      }
      await this.#record(unit, asker.id, "column-map.saved", name, moment);
      return replyOf(fresh);
    });
  }

  async remove(asker: Asker, name: string, moment: Moment): Promise<void> {
    const id = idOf(agencyOf(asker), name);
    await this.#storage.transaction(async (unit) => {
      if ((await unit.collection(ColumnMaps).get(id)) === undefined) throw absent();
      await unit.collection(ColumnMaps).remove([id]);
      await this.#record(unit, asker.id, "column-map.removed", name, moment);
    });
  }

  async #record(unit: Unit, actor: string, what: string, name: string, { now }: Moment): Promise<void> {
    const revision = await readRevision(unit);
    await this.#audit.append(unit, { actor, revision, at: now, what, detail: { name } });
  }
}

/** The map that a post names, of its account's agency. `Fault("unprocessable")`, `csv.unknown_map`, with the names that there are. */
export async function columnMapOf(storage: Storage, account: string, name: string): Promise<ColumnMap> {
  const agency = (await storage.collection(Accounts).get(account))?.agency;
  const held = agency === undefined ? undefined : await storage.collection(ColumnMaps).get(idOf(agency, name));
  if (held !== undefined) return held.map;
  const names = agency === undefined ? [] : (await allOf(storage, agency)).map((one) => one.name);
  const there = names.slice(0, 20).join(", ") || "none";
  throw new Fault("unprocessable", `your agency has no column map ${name.slice(0, 64)}; there are: ${there}`, {
    code: "csv.unknown_map",
    path: "Tricord-Column-Map",
  });
}
