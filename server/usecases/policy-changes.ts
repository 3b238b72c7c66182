import type { PolicyChangeAsk, PolicyChangeReply } from "../../schemas/api/policy-changes.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Fault } from "../shared/fault.ts";
import { uuid4 } from "../shared/moment.ts";
import { Agencies, PolicyChanges as ChangesIn } from "../storage/collections.ts";
import type { PolicyChangeDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { applyChange, turnOff } from "./policy-change-apply.ts";
import { atOnce, countersigns, mayPropose, mustBeSomebody } from "./policy-change-people.ts";
import { noPolicy, type Resolved, resolve, resolveAgain } from "./policy-change-terms.ts";
import { changeHash, changeView, gainsFor, mayKnow, type PolicyChangeParts, stateOf } from "./policy-change-view.ts";
import { readRevision } from "./policy-revision.ts";
import type { Who } from "./release-parts.ts";
import type { Snapshot } from "./snapshot.ts";

const DAY = 86_400_000;
/** How long a change waits for its signatures, ms. */
const PROPOSAL_LASTS = 14 * DAY;
/** A list is no longer than this; older ones are asked for by id. */
const SHOWN = 200;

const conflict = (code: string, path: string, message: string): Fault =>
  new Fault("conflict", message, { code: `change.${code}`, path });

const countryOf = ({ role, country }: Viewer): string => {
  if (role === "signer" && country !== undefined) return country;
  throw new Fault("forbidden", "a signer of a country does that", { code: "change.not_signer" });
};

interface Decision extends Who {
  readonly change: string;
  readonly reason: string;
  readonly hash: string;
}

/**
 * Changes of agreements, agencies and accounts, in force on the next request. What only takes from readers one person does at once; what adds one is proposed and takes a
 * signer of each country concerned (triage 3; policy 1, principle 6).
 */
export class PolicyChanges {
  readonly #parts: PolicyChangeParts;
  /** Frees what a quarantine held that is lifted now. */
  readonly #free: (ask: Who & { readonly quarantine: string }) => Promise<unknown>;

  constructor(
    parts: PolicyChangeParts & { readonly free: (ask: Who & { readonly quarantine: string }) => Promise<unknown> },
  ) {
    this.#parts = parts;
    this.#free = parts.free;
  }

  /** Those that the viewer may know of, newest first. */
  async list({ viewer, moment }: Who, status?: PolicyChangeReply["status"]): Promise<PolicyChangeReply[]> {
    const { storage, snapshots } = this.#parts;
    const snapshot = await snapshots.read(storage, moment.now);
    const found: PolicyChangeReply[] = [];
    for (let after: { value: number; id: string } | undefined; found.length < SHOWN; ) {
      const from = after === undefined ? {} : { after };
      const page = await storage
        .collection(ChangesIn)
        .scan({ index: "at", prefixes: [[]], reverse: true, limit: SHOWN, ...from });
      for (const doc of page) {
        if (!mayKnow(viewer, doc)) continue;
        const reply = await changeView(storage, doc, viewer, snapshot);
        if (status === undefined || reply.status === status) found.push(reply);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < SHOWN) break;
      after = { value: last.at, id: last.id };
    }
    return found.slice(0, SHOWN);
  }

  async show({ viewer, moment }: Who, id: string): Promise<PolicyChangeReply> {
    const { storage, snapshots, secrets } = this.#parts;
    const snapshot = await snapshots.read(storage, moment.now);
    const doc = await storage.collection(ChangesIn).get(id);
    if (doc === undefined || !mayKnow(viewer, doc)) throw noPolicy("policy change");
    return changeView(storage, doc, viewer, snapshot, { secrets });
  }

  /** Does it at once where it narrows, else proposes it. An agreement of which the caller's country is no party does not exist for it. */
  async propose(ask: Who & { readonly ask: PolicyChangeAsk; readonly reason: string }): Promise<PolicyChangeReply> {
    const { viewer, moment } = ask;
    return this.#parts.storage.transaction(async (unit) => {
      const snapshot = await this.#parts.snapshots.read(unit, moment.now);
      await mayPropose(unit, viewer, ask.ask);
      const now = await resolve(unit, ask.ask);
      const done = now.narrows && atOnce(viewer, now);
      if (!done) mustBeSomebody(snapshot.accounts.get(ask.account));
      const at = moment.now;
      const doc: PolicyChangeDoc = {
        id: uuid4(moment),
        kind: now.kind,
        of: now.after.id,
        ...{ was: { ...now.was }, to: { ...now.to }, narrows: now.narrows, countries: [...now.countries] },
        reason: ask.reason,
        status: done ? "applied" : "proposed",
        by: ask.account,
        at,
        signatures: [],
        ...(done ? { decidedBy: ask.account, decidedAt: at } : { expires: at + PROPOSAL_LASTS }),
      };
      await unit.collection(ChangesIn).insert([doc]);
      const revision = done ? await applyChange(unit, now, at) : await readRevision(unit);
      await this.#note(unit, done ? "applied" : "proposed", doc, ask, revision);
      return this.#reply(unit, doc, ask);
    });
  }

  /** A signature of one's country; the last one that it takes applies it, if all of them hold still. */
  async sign(ask: Decision): Promise<PolicyChangeReply> {
    const { storage, secrets } = this.#parts;
    const country = countryOf(ask.viewer);
    const reply = await storage.transaction(async (unit) => {
      const { doc, now, snapshot } = await this.#open(unit, ask);
      if (doc.signatures.some((one) => one.country === country))
        throw conflict("signed", "status", `${country} has signed it`);
      countersigns(ask.account, doc, now, snapshot);
      const signature = { country, by: ask.account, at: ask.moment.now, hash: ask.hash };
      // Whom it would reach in the other countries' content may have changed since they signed: then they sign again.
      const holding = doc.signatures.filter(
        (one) => one.hash === changeHash(doc, gainsFor(one.country, now, snapshot), secrets),
      );
      const signatures = [...holding, signature];
      const whole = doc.countries.every((one) => signatures.some((signed) => signed.country === one));
      const signed: Stored<PolicyChangeDoc> = {
        ...doc,
        signatures,
        ...(whole
          ? { status: "applied", decidedBy: ask.account, decidedAt: ask.moment.now, decisionReason: ask.reason }
          : {}),
      };
      await unit.collection(ChangesIn).put(signed);
      const revision = whole ? await applyChange(unit, now, ask.moment.now) : await readRevision(unit);
      await this.#note(unit, whole ? "applied" : "signed", doc, ask, revision);
      return this.#reply(unit, signed, ask);
    });
    if (reply.kind === "quarantine" && reply.status === "applied") await this.#free({ ...ask, quarantine: reply.of });
    return reply;
  }

  /** One signer's no, or whoever proposed it takes it back. */
  async refuse(ask: Decision): Promise<PolicyChangeReply> {
    if (ask.viewer.role !== "admin") countryOf(ask.viewer);
    return this.#parts.storage.transaction(async (unit) => {
      const { doc } = await this.#open(unit, ask);
      const refused: Stored<PolicyChangeDoc> = {
        ...doc,
        ...{ status: "refused", decidedBy: ask.account, decidedAt: ask.moment.now, decisionReason: ask.reason },
      };
      await unit.collection(ChangesIn).put(refused);
      await this.#note(unit, "refused", doc, ask, await readRevision(unit));
      return this.#reply(unit, refused, ask);
    });
  }

  /** Turns an agency off at once: a signer of its country, or an administrator. On again is a change that every country signs. */
  async off(ask: Who & { readonly agency: string; readonly reason: string }): Promise<PolicyChangeReply> {
    return this.#parts.storage.transaction(async (unit) => {
      const agency = await unit.collection(Agencies).get(ask.agency);
      if (agency === undefined) throw noPolicy("agency");
      if (ask.viewer.role !== "admin" && countryOf(ask.viewer) !== agency.country)
        throw new Fault("forbidden", `a signer of ${agency.country} or an administrator turns it off`, {
          code: "change.other_country",
        });
      if (agency.off !== undefined) throw conflict("off", "agency", `${agency.id} is off`);
      const at = ask.moment.now;
      const { ended, revision } = await turnOff(unit, agency, { by: ask.account, at });
      const off = (await unit.collection(Agencies).get(agency.id))?.off;
      const doc: PolicyChangeDoc = {
        ...{ id: uuid4(ask.moment), kind: "agency", of: agency.id, was: { off: null }, to: { off }, narrows: true },
        ...{ countries: [agency.country], reason: ask.reason, status: "applied", by: ask.account, at, signatures: [] },
        ...{ decidedBy: ask.account, decidedAt: at, ended },
      };
      await unit.collection(ChangesIn).insert([doc]);
      await this.#note(unit, "agency-off", doc, ask, revision);
      return this.#reply(unit, doc, ask);
    });
  }

  /** A change that waits still, just as the hash says. */
  async #open(
    unit: Unit,
    ask: Decision,
  ): Promise<{ readonly doc: Stored<PolicyChangeDoc>; readonly now: Resolved; readonly snapshot: Snapshot }> {
    const snapshot = await this.#parts.snapshots.read(unit, ask.moment.now);
    const doc = await unit.collection(ChangesIn).get(ask.change);
    if (doc === undefined || !mayKnow(ask.viewer, doc)) throw noPolicy("policy change");
    const now = doc.status === "proposed" ? await resolveAgain(unit, doc) : undefined;
    const state = stateOf(doc, snapshot.at, now);
    if (state === "expired") throw conflict("expired", "status", "nobody signed it in a fortnight: propose it again");
    if (state === "stale")
      throw conflict("stale", "status", "what it is about has changed since it was proposed: propose it again");
    if (state !== "proposed" || now === undefined)
      throw conflict("decided", "status", "this change is decided already");
    if (ask.hash !== changeHash(doc, gainsFor(ask.viewer.country, now, snapshot), this.#parts.secrets))
      throw conflict("stale", "hash", "it is not what you looked at: read it again");
    return { doc, now, snapshot };
  }

  async #reply(unit: Unit, doc: PolicyChangeDoc, { viewer, moment }: Who): Promise<PolicyChangeReply> {
    const { snapshots, secrets } = this.#parts;
    return changeView(unit, doc, viewer, await snapshots.read(unit, moment.now), { secrets });
  }

  async #note(
    unit: Unit,
    what: string,
    doc: PolicyChangeDoc,
    { account, moment }: Who,
    revision: number,
  ): Promise<void> {
    const { id: change, kind, of } = doc;
    const detail = { change, kind, of, countries: doc.countries };
    await this.#parts.audit.append(unit, { actor: account, revision, at: moment.now, what: `policy.${what}`, detail });
  }
}
