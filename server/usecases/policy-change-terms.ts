import type { AccountTo, AgencyTo, AgreementTo, PolicyChangeAsk } from "../../schemas/api/policy-changes.ts";
import { isPerson } from "../policy/gates.ts";
import { sortedSet } from "../policy/meet.ts";
import { narrowsAccount, narrowsAgency, narrowsAgreement, partiesOf } from "../policy/policy-change.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { Fault } from "../shared/fault.ts";
import { parseInstant } from "../shared/instant.ts";
import { Accounts, Agencies, AgreementsIn, SourceQuarantines } from "../storage/collections.ts";
import type {
  AccountDoc,
  AgencyDoc,
  AgreementDoc,
  PolicyChangeDoc,
  SourceQuarantineDoc,
} from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";

type Terms = Readonly<Record<string, unknown>>;

/** What is asked for, held against what there is now. */
export type Resolved = {
  /** What changes, as it is and as it becomes. */
  readonly was: Terms;
  readonly to: Terms;
  readonly narrows: boolean;
  /** Whose signers it takes (triage 3). */
  readonly countries: readonly string[];
} & (
  | { readonly kind: "agreement"; readonly before: Stored<AgreementDoc>; readonly after: Stored<AgreementDoc> }
  | { readonly kind: "agency"; readonly before?: Stored<AgencyDoc>; readonly after: AgencyDoc }
  | { readonly kind: "account"; readonly before: Stored<AccountDoc>; readonly after: Stored<AccountDoc> }
  | { readonly kind: "quarantine"; readonly before: Stored<SourceQuarantineDoc>; readonly after: SourceQuarantineDoc }
);

export const noPolicy = (what: string): Fault => new Fault("not_found", `there is no such ${what}`);
const wrong = (code: string, path: string, message: string): Fault =>
  new Fault("unprocessable", message, { code: `change.${code}`, path });

/** Dates must exist; `null` takes one away. */
function dated<T extends object, K extends keyof T & string>(
  held: T,
  to: Readonly<Record<string, unknown>>,
  ...names: K[]
): T {
  const after = { ...held };
  for (const name of names) {
    const date = to[name];
    if (date === undefined) continue;
    if (date === null) delete after[name];
    else if (parseInstant(String(date)) === undefined)
      throw wrong("date", `change.to.${name}`, "there is no such date");
    else Object.assign(after, { [name]: date });
  }
  return after;
}

/** The members that differ, before and after; `null` where one is absent. `Fault` where none does. */
function difference(before: object, after: object, names: readonly string[]): { was: Terms; to: Terms } {
  const value = (of: object, name: string): unknown => (of as Terms)[name] ?? null;
  const changed = names.filter((name) => canonicalJson(value(before, name)) !== canonicalJson(value(after, name)));
  if (changed.length === 0) throw wrong("nothing", "change.to", "that is how it is already");
  const pick = (of: object): Terms => Object.fromEntries(changed.map((name) => [name, value(of, name)]));
  return { was: pick(before), to: pick(after) };
}

async function groupCountries(unit: Unit): Promise<string[]> {
  const agencies = await unit.collection(Agencies).all({ limit: Number.MAX_SAFE_INTEGER });
  return sortedSet(agencies.map(({ country }) => country));
}

async function resolveAgreement(unit: Unit, id: string, to: AgreementTo): Promise<Resolved> {
  const before = await unit.collection(AgreementsIn).get(id);
  if (before === undefined) throw noPolicy("agreement");
  const { status = before.status, ceiling = before.ceiling, parties = before.parties } = to;
  const after = dated({ ...before, status, ceiling, parties: sortedSet(parties) }, to, "from", "until");
  const known = await groupCountries(unit);
  const stranger = after.parties.find((country) => !known.includes(country) && !before.parties.includes(country));
  if (stranger !== undefined) throw wrong("country", "change.to.parties", `no agency of the group is of ${stranger}`);
  if (after.parties.length < 2) throw wrong("parties", "change.to.parties", "an agreement has two parties at least");
  const changed = difference({ ...before, parties: sortedSet(before.parties) }, after, [
    "status",
    "ceiling",
    "parties",
    "from",
    "until",
  ]);
  return {
    kind: "agreement",
    before,
    after,
    ...changed,
    narrows: narrowsAgreement(before, after),
    countries: partiesOf(before, after),
  };
}

async function resolveAgency(unit: Unit, id: string, to: AgencyTo): Promise<Resolved> {
  const before = await unit.collection(Agencies).get(id);
  const everybody = await groupCountries(unit);
  if (before === undefined) {
    const { name, country, categories } = to;
    if (name === undefined || country === undefined || categories === undefined)
      throw wrong(
        "new_agency",
        "change.to",
        `there is no agency ${id}: a new one has a name, a country and categories`,
      );
    const after = { id, name, country, categories: sortedSet(categories) };
    const { id: _, ...said } = after;
    return { kind: "agency", after, was: {}, to: said, narrows: false, countries: everybody };
  }
  if (to.country !== undefined && to.country !== before.country)
    throw wrong("country", "change.to.country", `${id} is of ${before.country}: an agency does not change its country`);
  const { off, ...rest } = before;
  const after: Stored<AgencyDoc> = {
    ...rest,
    ...(off === undefined || to.off === false ? {} : { off }),
    name: to.name ?? before.name,
    categories: sortedSet(to.categories ?? before.categories),
  };
  const sorted = { ...before, categories: sortedSet(before.categories) };
  const changed = difference(sorted, after, ["name", "categories", "off"]);
  const narrows = narrowsAgency(before, after);
  return { kind: "agency", before, after, ...changed, narrows, countries: narrows ? [before.country] : everybody };
}

/** Another agency of the same country; a releaser goes as an analyst, since its custodians are made by two administrators (triage 3). */
async function moved(unit: Unit, before: Stored<AccountDoc>, home: string, to: string): Promise<Stored<AccountDoc>> {
  const agency = await unit.collection(Agencies).get(to);
  const path = "change.to.agency";
  if (agency === undefined) throw wrong("agency", path, `there is no agency ${to}`);
  if (agency.off !== undefined) throw wrong("agency", path, `${to} is off`);
  if (agency.country !== home)
    throw wrong("country", path, `${to} is of another country: end this account there and make one here`);
  if (!isPerson(before.role)) throw wrong("role", path, `a ${before.role} stays with its agency: make another one`);
  return { ...before, agency: to, role: before.role === "releaser" ? "analyst" : before.role };
}

async function resolveAccount(unit: Unit, id: string, to: AccountTo): Promise<Resolved> {
  const before = await unit.collection(Accounts).get(id);
  if (before === undefined) throw noPolicy("account");
  const home = before.agency === undefined ? undefined : await unit.collection(Agencies).get(before.agency);
  if (home === undefined) throw wrong("role", "change.account", `a ${before.role} of no agency reads by no label`);
  const there =
    to.agency === undefined || to.agency === before.agency
      ? before
      : await moved(unit, before, home.country, to.agency);
  const { clearance = before.clearance, topics = before.topics, pii = before.pii, scope = before.scope } = to;
  const after = dated({ ...there, clearance, topics: sortedSet(topics), pii, scope }, to, "until");
  const sorted = { ...before, topics: sortedSet(before.topics) };
  const changed = difference(sorted, after, ["agency", "role", "clearance", "topics", "pii", "scope", "until"]);
  const narrows = narrowsAccount(before, after);
  if (home.off !== undefined && after.agency === home.id && !narrows)
    throw wrong("agency", "change.account", `${home.id} is off`);
  return {
    kind: "account",
    before,
    after,
    ...changed,
    narrows,
    countries: [home.country],
  };
}

/** Its end widens for every country. The instant is noted when it is applied. */
async function resolveQuarantine(unit: Unit, id: string): Promise<Resolved> {
  const before = await unit.collection(SourceQuarantines).get(id);
  if (before === undefined) throw noPolicy("quarantine");
  if (before.lifted !== undefined) throw wrong("nothing", "change.to", "that is how it is already");
  const countries = await groupCountries(unit);
  return { kind: "quarantine", before, after: before, was: {}, to: { lifted: true }, narrows: false, countries };
}

/** What a change comes to as things are. Faults: `not_found`, `unprocessable` for what can't be or changes nothing. */
export function resolve(unit: Unit, ask: PolicyChangeAsk): Promise<Resolved> {
  if ("agreement" in ask) return resolveAgreement(unit, ask.agreement, ask.to);
  if ("agency" in ask) return resolveAgency(unit, ask.agency, ask.to);
  return "account" in ask ? resolveAccount(unit, ask.account, ask.to) : resolveQuarantine(unit, ask.quarantine);
}

/** The question that a change was proposed with: what follows from it is worked out again. */
function askOf({ kind, of, to }: PolicyChangeDoc): PolicyChangeAsk {
  if (kind === "quarantine") return { quarantine: of, to: { lifted: true } };
  if (kind === "agreement") return { agreement: of, to: to as AgreementTo };
  if (kind === "account") {
    const { role: _, ...rest } = to as AccountTo & { role?: string };
    return { account: of, to: rest };
  }
  const { off, ...rest } = to as Omit<AgencyTo, "off"> & { off?: unknown };
  return { agency: of, to: off === null ? { ...rest, off: false } : rest };
}

/** The same held against what there is now; undefined where that has changed since, so that it can't be signed any more (triage 3). */
export async function resolveAgain(unit: Unit, doc: PolicyChangeDoc): Promise<Resolved | undefined> {
  try {
    const now = await resolve(unit, askOf(doc));
    const said = ({
      was,
      to,
      countries,
    }: Pick<PolicyChangeDoc, "was" | "to"> & { readonly countries: readonly string[] }): string =>
      canonicalJson([was, to, countries]);
    return said(now) === said(doc) ? now : undefined;
  } catch (error) {
    if (error instanceof Fault && (error.kind === "unprocessable" || error.kind === "not_found")) return undefined;
    throw error;
  }
}
