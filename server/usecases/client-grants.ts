import type { GrantList, GrantReply } from "../../schemas/api/grants.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { type AdmittedTier, admitOne } from "../policy/admitted.ts";
import { grantLabel } from "../policy/client-grant.ts";
import { PROPOSAL_LASTS } from "../policy/release-machine.ts";
import { mayBeSecond, needsCustodian } from "../policy/release-rules.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import { uuid4 } from "../shared/moment.ts";
import { ClientGrants as ClientGrantsIn, Labels, Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { ClientGrantDoc } from "../storage/grant-documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { nameGranted } from "./contribution-name.ts";
import { type Eyes, eyesOf, eyesOn } from "./eyes.ts";
import { chainOf, endCopy, giveCopy, grantsOn, stands } from "./grant-rows.ts";
import { inForce } from "./in-force.ts";
import { notThere, seenUnder } from "./read-one.ts";
import { partyOf, type ReleaseParts, type Who } from "./release-parts.ts";
import type { Snapshot } from "./snapshot.ts";

const bad = (code: string, path: string, message: string): Fault => new Fault("unprocessable", message, { code, path });
const noGrant = (): Fault => new Fault("not_found", "there is no such grant");

/** Deciding takes a reviewer or a releaser of the sponsor, as a row at home does (triage 3). */
const decides = ({ role }: Pick<Viewer, "role">): boolean => role === "reviewer" || role === "releaser";

function stateAt(grant: ClientGrantDoc, at: number): GrantReply["status"] {
  const { status, expires } = grant;
  if (status === "proposed" && at >= expires) return "expired";
  return status === "in-force" && !stands(grant, at) ? "over" : status;
}

/** Does the one who looks see something of all that the grant is on? */
function seesAll(eyes: Eyes, { chains }: ClientGrantDoc, rows: readonly RowDoc[]): boolean {
  const seen = new Set(rows.filter((row) => eyes.lane(row) !== undefined).map(chainOf));
  return chains.every((chain) => seen.has(chain));
}

/** `Fault("forbidden")` where this account and the client's are the same human's. */
function mustBeAnother(account: string, client: string, { accounts }: Snapshot): void {
  const person = accounts.get(client)?.person;
  if (person !== undefined && accounts.get(account)?.person === person)
    throw new Fault("forbidden", "nobody proposes or gives a grant to an account of their own", {
      code: "release.same_person",
    });
}

/** What a contribution gives the client, and what the one who looks sees of it. */
interface Given {
  readonly row: RowDoc;
  readonly tier: AdmittedTier;
  /** Fields that the client would read and the one who looks is not shown. */
  readonly beyond: readonly string[];
}

/**
 * A sponsor lets one of its clients read an object of another agency that the sponsor reads as AMBER (policy 4; ADR 0030): one person of the agency proposes, another decides, since an audience grows; one takes
 * it back at once. The client reads at most what the agency's people may, for as long as these may.
 */
export class ClientGrants {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** What of others' contributions under these ids the client would come to read, of those that the one who looks sees. */
  #given(
    eyes: Eyes,
    rows: readonly RowDoc[],
    grant: Pick<ClientGrantDoc, "agency" | "country" | "client" | "until">,
  ): Given[] {
    const { snapshot, viewer } = eyes;
    const client = snapshot.viewer(grant.client);
    if (client === undefined) return [];
    const at = formatInstant(snapshot.at);
    return rows.flatMap((row): Given[] => {
      const seen = eyes.lane(row);
      if (seen === undefined || eyes.own(row) || viewer.agency !== grant.agency) return [];
      const label = grantLabel(seen.entry.label, grant);
      const tier =
        label === undefined ? undefined : admitOne(client, { id: "", label }, snapshot.agreements, at, "api");
      if (tier === undefined) return [];
      return [{ row, tier, beyond: seen.cut.filter((field) => !tier.cut.includes(field)) }];
    });
  }

  /** What a decision binds to: what stands there now as the one who decides sees it, and the grant's terms. */
  #hash(eyes: Eyes, { id, client, until }: ClientGrantDoc, given: readonly Given[]): string {
    const standing = given.map(({ row, tier }) => {
      const seen = eyes.lane(row);
      const known = seen === undefined ? null : wireLabel(seen.entry.label, eyes.viewer, seen.cut);
      return JSON.stringify([chainOf(row), row.version ?? null, row.hash, known, tier.cut]);
    });
    return sha256(JSON.stringify([id, client, until ?? null, standing.sort()]));
  }

  async #rowsOf(unit: Unit, chains: readonly string[]): Promise<RowDoc[]> {
    const ids = [...new Set(chains.map((chain) => chain.slice(chain.indexOf("|") + 1)))];
    const on = new Set(chains);
    return (await unit.collection(Rows).find({ index: "stix", values: ids })).filter((row) => on.has(chainOf(row)));
  }

  /** Does the client read any of this by the copy that stands? Another grant's decision may have been the last on it. */
  async #reads(unit: Unit, { snapshot }: Eyes, grant: ClientGrantDoc, given: readonly Given[]): Promise<boolean> {
    const client = snapshot.viewer(grant.client);
    if (client === undefined) return false;
    const at = formatInstant(snapshot.at);
    for (const contribution of new Set(given.map(({ row }) => row.contribution))) {
      const copy = await unit.collection(Rows).get(nameGranted(contribution, grant, this.#parts.secrets));
      const held = copy === undefined ? undefined : await unit.collection(Labels).get(copy.label);
      if (held !== undefined && admitOne(client, held, snapshot.agreements, at, "api") !== undefined) return true;
    }
    return false;
  }

  /** `under`: the id it is asked under. Whoever doesn't see all that it is on reads no other id, and no reason: either may tell of what is hidden. */
  async #reply(
    unit: Unit,
    eyes: Eyes,
    grant: ClientGrantDoc,
    rows: readonly RowDoc[],
    under: string,
  ): Promise<GrantReply> {
    const given = this.#given(eyes, rows, grant).filter(({ row }) => !grant.closed.includes(row.contribution));
    const whole = grant.proposedBy === eyes.viewer.id || seesAll(eyes, grant, rows);
    const status = stateAt(grant, eyes.snapshot.at);
    const when = (at: number | undefined): string | undefined => (at === undefined ? undefined : formatInstant(at));
    const { decidedBy, endedBy, until } = grant;
    const [decidedAt, endedAt] = [when(grant.decidedAt), when(grant.endedAt)];
    return {
      ...{ grant: grant.id, object: under, agency: grant.agency, client: grant.client },
      ...(until === undefined ? {} : { until }),
      ...{ reason: whole ? grant.reason : "", status },
      ...{ proposedBy: grant.proposedBy, proposedAt: formatInstant(grant.proposedAt) },
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(decidedAt === undefined ? {} : { decidedAt }),
      ...(endedBy === undefined ? {} : { endedBy }),
      ...(endedAt === undefined ? {} : { endedAt }),
      reads: status === "in-force" && (await this.#reads(unit, eyes, grant, given)),
      hash: this.#hash(eyes, grant, given),
    };
  }

  /** Proposes a grant: a person of the agency who sees the object. 422 where the client may read nothing of it; 409 where it has it or it is proposed. */
  async propose(
    ask: Who & {
      readonly object: string;
      readonly client: string;
      readonly until?: string | undefined;
      readonly reason: string;
    },
  ): Promise<GrantReply> {
    const { storage, content, audit } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const seen = await seenUnder(sight, ask.object);
    if (seen === undefined) throw notThere();
    const { side, snapshot } = sight;
    const others = seen.rows.filter((row) => !sight.ownRow(row));
    if (side === undefined || others.length === 0)
      throw bad("grant.own", "object", "it is your own agency's alone: name the client in its label (clientGrants)");
    const client = snapshot.accounts.get(ask.client);
    if (client?.agency !== side || client.role !== "client" || !inForce(client, snapshot.at))
      throw bad("grant.client", "client", `your agency has no client ${ask.client}`);
    mustBeAnother(ask.account, ask.client, snapshot);
    const end = ask.until === undefined ? undefined : parseInstant(ask.until)?.ms;
    if (ask.until !== undefined && (end === undefined || end <= snapshot.at))
      throw bad("grant.until", "until", "it is until an instant ahead");
    const chains = [...new Set(others.map(chainOf))].sort();
    const grant: ClientGrantDoc = {
      ...{ id: uuid4(ask.moment), agency: side, country: snapshot.agencies.get(side)?.country ?? "" },
      ...{ client: ask.client, object: ask.object, chains, reason: ask.reason, status: "proposed" },
      ...(ask.until === undefined ? {} : { until: ask.until }),
      ...{ proposedBy: ask.account, proposedAt: ask.moment.now, expires: ask.moment.now + PROPOSAL_LASTS, closed: [] },
    };
    const eyes = eyesOf(sight);
    const given = this.#given(eyes, others, grant);
    this.#mustGive(given);
    const kept: ClientGrantDoc = { ...grant, chains: [...new Set(given.map(({ row }) => chainOf(row)))].sort() };
    return storage.transaction(async (unit) => {
      const held = (
        await grantsOn(
          unit,
          given.map(({ row }) => row),
        )
      ).filter(({ agency, client: of }) => agency === side && of === ask.client);
      for (const one of held) {
        if (!["proposed", "in-force"].includes(stateAt(one, snapshot.at))) continue;
        // One that is on more than the proposer sees is nothing to tell of here.
        if (!seesAll(eyes, one, await this.#rowsOf(unit, one.chains))) continue;
        throw new Fault("conflict", "it has a grant of it, or one is proposed", {
          code: "grant.there",
          path: "client",
        });
      }
      await unit.collection(ClientGrantsIn).insert([kept]);
      const detail = { grant: kept.id };
      const { revision, at } = snapshot;
      await audit.append(unit, { actor: ask.account, revision, at, what: "grant.proposed", detail });
      return this.#reply(unit, eyes, kept, await this.#rowsOf(unit, kept.chains), ask.object);
    });
  }

  #mustGive(given: readonly Given[]): void {
    if (given.length === 0)
      throw bad(
        "grant.not_readable",
        "client",
        "the client may read nothing of it: a grant is of what your agency reads as AMBER, within the client's clearance and topics, and not of LES or FIU",
      );
    const beyond = [...new Set(given.flatMap((one) => one.beyond))].sort();
    if (beyond.length > 0)
      throw new Fault("forbidden", `the client would read ${beyond.join(", ")}, which you are not shown`, {
        code: "grant.not_whole",
      });
  }

  /** Grants of one's own agency on what one sees under an id, oldest first. */
  async list(ask: Pick<Who, "viewer" | "moment"> & { readonly object: string }): Promise<GrantList> {
    const { storage, content } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    const seen = await seenUnder(sight, ask.object);
    if (seen === undefined) throw notThere();
    const held = (await grantsOn(storage, seen.rows)).filter(({ agency }) => agency === sight.side);
    const grants: GrantReply[] = [];
    for (const grant of held.sort((a, b) => a.proposedAt - b.proposedAt || (a.id < b.id ? -1 : 1)))
      grants.push(
        await this.#reply(storage, eyesOf(sight), grant, await this.#rowsOf(storage, grant.chains), ask.object),
      );
    return { grants };
  }

  /**
   * The grant, for a reviewer or releaser of its agency who sees what it is on, and whoever proposed or decided it: else it is not there. To end it any releaser of the agency will
   * do: who gave it may have left.
   */
  async #held(
    unit: Unit,
    ask: Who & { readonly grant: string },
    verb: "approve" | "refuse" | "end",
  ): Promise<{ grant: Stored<ClientGrantDoc>; eyes: Eyes; rows: RowDoc[]; snapshot: Snapshot; under: string }> {
    const snapshot = await this.#parts.snapshots.read(unit, ask.moment.now);
    const viewer = snapshot.viewer(ask.account) ?? ask.viewer;
    const eyes = eyesOn(snapshot, viewer);
    const grant = await unit.collection(ClientGrantsIn).get(ask.grant);
    if (grant === undefined || grant.agency !== viewer.agency || !decides(viewer)) throw noGrant();
    const rows = await this.#rowsOf(unit, grant.chains);
    const knows = [grant.proposedBy, grant.decidedBy].includes(ask.account);
    const seen = rows.filter((row) => eyes.lane(row) !== undefined).map(({ stixId }) => stixId);
    if (!knows && seen.length === 0 && !(verb === "end" && viewer.role === "releaser")) throw noGrant();
    // It was asked for by its own id: the object's is one that is seen, and else none.
    const known = grant.proposedBy === ask.account || seen.includes(grant.object);
    return { grant, eyes, rows, snapshot, under: known ? grant.object : (seen.sort()[0] ?? grant.id) };
  }

  /** Grants or refuses what was proposed: another person than proposed it (triage 3), with the hash of what it saw. */
  async decide(
    ask: Who & {
      readonly grant: string;
      readonly verb: "approve" | "refuse";
      readonly hash: string;
      readonly reason: string;
    },
  ): Promise<GrantReply> {
    const { storage, audit } = this.#parts;
    return storage.transaction(async (unit) => {
      const { grant, eyes, rows, snapshot, under } = await this.#held(unit, ask, ask.verb);
      const state = stateAt(grant, snapshot.at);
      if (state !== "proposed" || grant.status !== "proposed")
        throw new Fault("conflict", `this grant is already ${state}`, { code: "grant.decided", path: "status" });
      if ((await this.#reply(unit, eyes, grant, rows, under)).hash !== ask.hash)
        throw new Fault("conflict", "it has changed since you opened it: read it again", {
          code: "grant.stale",
          path: "hash",
        });
      const decided: ClientGrantDoc = {
        ...{ ...grant, status: ask.verb === "approve" ? ("in-force" as const) : ("refused" as const) },
        ...{ decidedBy: ask.account, decidedAt: ask.moment.now, decisionReason: ask.reason },
      };
      const closed = ask.verb === "approve" ? await this.#give(unit, ask, decided, rows, eyes) : [];
      const done = { ...decided, rev: grant.rev, closed };
      await unit.collection(ClientGrantsIn).put(done);
      const { revision, at } = snapshot;
      const what = ask.verb === "approve" ? "grant.given" : "grant.refused";
      await audit.append(unit, { actor: ask.account, revision, at, what, detail: { grant: grant.id } });
      return this.#reply(unit, eyes, done, rows, under);
    });
  }

  /** Makes the client's copies. Gives the contributions that it is not on: what the second person does not see is not given. */
  async #give(unit: Unit, ask: Who, grant: ClientGrantDoc, rows: readonly RowDoc[], eyes: Eyes): Promise<string[]> {
    const { snapshot } = eyes;
    const approver = partyOf(ask.account, snapshot);
    const refusal = approver === undefined ? undefined : mayBeSecond(approver, [partyOf(grant.proposedBy, snapshot)]);
    if (approver === undefined) throw noGrant();
    if (refusal !== undefined) throw new Fault("forbidden", refusal.message, { code: refusal.code });
    const client = snapshot.accounts.get(grant.client);
    if (client?.agency !== grant.agency || client.role !== "client")
      throw bad("grant.client", "client", `your agency has no client ${grant.client}`);
    for (const one of [grant.proposedBy, ask.account]) mustBeAnother(one, grant.client, snapshot);
    const given = this.#given(eyes, rows, grant);
    this.#mustGive(given);
    const on = new Set(given.map(({ row }) => row.contribution));
    for (const contribution of on) {
      const whole = await unit.collection(Rows).get(contribution);
      const label = whole === undefined ? undefined : snapshot.labels.get(whole.label)?.label;
      const wanted = label === undefined ? undefined : grantLabel(label, grant);
      if (whole === undefined || label === undefined || wanted === undefined) continue;
      if (needsCustodian(label) && (approver.role !== "releaser" || approver.agency !== grant.agency))
        throw new Fault(
          "forbidden",
          `class S and personal data are given to a client by a releaser of ${grant.agency}`,
          {
            code: "release.custodian_required",
          },
        );
      const now = Math.max(ask.moment.now, this.#parts.clock());
      await giveCopy(unit, whole, wanted, grant, this.#parts.secrets, now);
    }
    const copies = new Set(
      rows.flatMap((row) => (snapshot.labels.get(row.label)?.label.grantedBy === undefined ? [] : [row.contribution])),
    );
    const all = new Set(rows.map(({ contribution }) => contribution));
    return [...all].filter((one) => !on.has(one) && !copies.has(one)).sort();
  }

  /** Takes a grant back, or what was proposed: one person, at once. The client is sent a recall as anybody who loses what it had. */
  async end(ask: Who & { readonly grant: string; readonly reason: string }): Promise<GrantReply> {
    const { storage, audit, secrets, clock } = this.#parts;
    return storage.transaction(async (unit) => {
      const { grant, eyes, rows, snapshot, under } = await this.#held(unit, ask, "end");
      const state = stateAt(grant, snapshot.at);
      // One that is over has nothing left to take back: its copies may be a new one's.
      if ((grant.status !== "proposed" && grant.status !== "in-force") || state === "over")
        throw new Fault("conflict", `this grant is already ${state}`, { code: "grant.decided", path: "status" });
      if (grant.status === "in-force")
        for (const row of rows.filter(({ id, contribution }) => id === contribution)) {
          const label = snapshot.labels.get(row.label)?.label;
          if (label === undefined || label.grantedBy !== undefined) continue;
          await endCopy(unit, row, label, grant, secrets, Math.max(ask.moment.now, clock()));
        }
      const done = {
        ...grant,
        status: "ended" as const,
        endedBy: ask.account,
        endedAt: ask.moment.now,
        endReason: ask.reason,
      };
      await unit.collection(ClientGrantsIn).put(done);
      const { revision, at } = snapshot;
      await audit.append(unit, { actor: ask.account, revision, at, what: "grant.ended", detail: { grant: grant.id } });
      return this.#reply(unit, eyes, done, rows, under);
    });
  }
}
