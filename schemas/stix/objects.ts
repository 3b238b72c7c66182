import { z } from "zod";
import { custom } from "./common.ts";
import { StixId } from "./identifier.ts";
import { ExtensionDefinition, LanguageContent, MarkingDefinition } from "./meta.ts";
import { REVENUE_OBJECTS } from "./revenue/objects.ts";
import { EmailAddr, EmailMessage, UserAccount } from "./sco-account.ts";
import {
  Artifact,
  Directory,
  File,
  Mutex,
  Process,
  Software,
  WindowsRegistryKey,
  X509Certificate,
} from "./sco-host.ts";
import { AutonomousSystem, DomainName, Ipv4Addr, Ipv6Addr, MacAddr, NetworkTraffic, Url } from "./sco-network.ts";
import { Campaign, Identity, IntrusionSet, Location, ThreatActor } from "./sdo-actor.ts";
import {
  AttackPattern,
  CourseOfAction,
  Infrastructure,
  Malware,
  MalwareAnalysis,
  Tool,
  Vulnerability,
} from "./sdo-behaviour.ts";
import { Grouping, Incident, Indicator, Note, ObservedData, Opinion, Report } from "./sdo-report.ts";
import { Relationship, Sighting } from "./sro.ts";
import type { StixType } from "./types.ts";
import { CryptocurrencyWallet } from "./wallet.ts";

/** The schema of each type of STIX 2.1, and of those of illicit revenue (design 3). A bundle carries objects and is none. */
export const STIX_OBJECTS = {
  "attack-pattern": AttackPattern,
  campaign: Campaign,
  "course-of-action": CourseOfAction,
  grouping: Grouping,
  identity: Identity,
  incident: Incident,
  indicator: Indicator,
  infrastructure: Infrastructure,
  "intrusion-set": IntrusionSet,
  location: Location,
  malware: Malware,
  "malware-analysis": MalwareAnalysis,
  note: Note,
  "observed-data": ObservedData,
  opinion: Opinion,
  report: Report,
  "threat-actor": ThreatActor,
  tool: Tool,
  vulnerability: Vulnerability,
  relationship: Relationship,
  sighting: Sighting,
  artifact: Artifact,
  "autonomous-system": AutonomousSystem,
  directory: Directory,
  "domain-name": DomainName,
  "email-addr": EmailAddr,
  "email-message": EmailMessage,
  file: File,
  "ipv4-addr": Ipv4Addr,
  "ipv6-addr": Ipv6Addr,
  "mac-addr": MacAddr,
  mutex: Mutex,
  "network-traffic": NetworkTraffic,
  process: Process,
  software: Software,
  url: Url,
  "user-account": UserAccount,
  "windows-registry-key": WindowsRegistryKey,
  "x509-certificate": X509Certificate,
  "language-content": LanguageContent,
  "marking-definition": MarkingDefinition,
  "extension-definition": ExtensionDefinition,
  "cryptocurrency-wallet": CryptocurrencyWallet,
  ...REVENUE_OBJECTS,
} as const satisfies Record<StixType | "cryptocurrency-wallet" | keyof typeof REVENUE_OBJECTS, z.ZodType>;

/**
 * An object of a type that is not of the standard: its common properties are checked, the rest is kept unread. That the
 * id begins with the type is for the validator to see.
 */
export const CustomObject = z.looseObject({ ...custom, id: StixId }).meta({ id: "CustomObject" });
export type CustomObject = z.infer<typeof CustomObject>;
