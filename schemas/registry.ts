import type { z } from "zod";
import { Agreement, Agreements } from "./policy/agreement.ts";
import { Ask, Because, Decision } from "./policy/decision.ts";
import { AgencyList, FieldRule, Label, LabelRequest, ReleaseRow, State } from "./policy/label.ts";
import { Viewer } from "./policy/viewer.ts";
import {
  AccountId,
  AgencyId,
  AgreementId,
  Category,
  Caveat,
  Channel,
  Country,
  Level,
  Role,
  Selector,
  Tlp,
  Topic,
  When,
} from "./policy/vocabulary.ts";
import { Bundle } from "./stix/bundle.ts";
import { Extension, ExternalReference, GranularMarking, Hashes, KillChainPhase } from "./stix/common.ts";
import { StixId } from "./stix/identifier.ts";
import { Mention } from "./stix/mention.ts";
import { CustomObject, STIX_OBJECTS } from "./stix/objects.ts";
import { ReleaseLabel } from "./stix/release-label.ts";
import { Amount, AmountRange, Sum } from "./stix/revenue/amount.ts";
import { Attribution } from "./stix/revenue/attribution.ts";
import { LaunderingHop } from "./stix/revenue/hop.ts";
import { PersonaFacts } from "./stix/revenue/persona.ts";
import { TheftFacts } from "./stix/revenue/theft.ts";
import { TransactionFacts, Transfer } from "./stix/revenue/transaction.ts";
import { Timestamp } from "./stix/timestamp.ts";
import { WalletFacts } from "./stix/wallet.ts";

const POLICY = [
  ...[AccountId, AgencyId, AgreementId, Category, Caveat, Channel, Country, Level, Role, Selector, Tlp, Topic, When],
  ...[Agreement, Agreements, AgencyList, FieldRule, Label, LabelRequest, ReleaseRow, State, Viewer],
  ...[Ask, Because, Decision],
];
const STIX = [
  ...Object.values(STIX_OBJECTS),
  ...[CustomObject, Bundle, StixId, Timestamp, Hashes],
  ...[ExternalReference, KillChainPhase, GranularMarking, Extension],
  ...[ReleaseLabel, WalletFacts, Mention],
  ...[Amount, AmountRange, Sum, Transfer, TransactionFacts, LaunderingHop, TheftFacts, PersonaFacts, Attribution],
];

const named = (schema: z.ZodType): readonly [string, z.ZodType] => {
  const name = schema.meta()?.id;
  if (name === undefined) throw new Error("a schema in the registry has no name of its own (.meta({ id }))");
  return [name, schema];
};

/** Public name → schema, of all that is published: the only list. The name is the one that the schema gives itself. */
export const REGISTRY: ReadonlyMap<string, z.ZodType> = new Map([...POLICY, ...STIX].map(named));
