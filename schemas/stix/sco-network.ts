import { z } from "zod";
import { dictionary, formed, list, observable } from "./common.ts";
import { DOMAIN_NAME, IPV4_ADDRESS, IPV6_ADDRESS, MAC_ADDRESS, URL_VALUE } from "./forms/network.ts";
import { ref } from "./identifier.ts";
import { NetworkTrafficExtensions } from "./sco-extensions.ts";
import { Timestamp } from "./timestamp.ts";

/** Observables of the network (STIX 2.1 section 6). */

export const AutonomousSystem = z
  .looseObject({
    ...observable("autonomous-system"),
    number: z.int(),
    name: z.string().optional(),
    rir: z.string().optional(),
  })
  .meta({ id: "AutonomousSystem" });
export type AutonomousSystem = z.infer<typeof AutonomousSystem>;

export const DomainName = z
  .looseObject({
    ...observable("domain-name"),
    value: formed(DOMAIN_NAME),
    resolves_to_refs: list(ref("domain-name", "ipv4-addr", "ipv6-addr")).optional(),
  })
  .meta({ id: "DomainName" });
export type DomainName = z.infer<typeof DomainName>;

export const Ipv4Addr = z
  .looseObject({
    ...observable("ipv4-addr"),
    value: formed(IPV4_ADDRESS),
    resolves_to_refs: list(ref("mac-addr")).optional(),
    belongs_to_refs: list(ref("autonomous-system")).optional(),
  })
  .meta({ id: "Ipv4Addr" });
export type Ipv4Addr = z.infer<typeof Ipv4Addr>;

export const Ipv6Addr = z
  .looseObject({
    ...observable("ipv6-addr"),
    value: formed(IPV6_ADDRESS),
    resolves_to_refs: list(ref("mac-addr")).optional(),
    belongs_to_refs: list(ref("autonomous-system")).optional(),
  })
  .meta({ id: "Ipv6Addr" });
export type Ipv6Addr = z.infer<typeof Ipv6Addr>;

export const MacAddr = z
  .looseObject({
    ...observable("mac-addr"),
    value: formed(MAC_ADDRESS),
  })
  .meta({ id: "MacAddr" });
export type MacAddr = z.infer<typeof MacAddr>;

export const NetworkTraffic = z
  .looseObject({
    ...observable("network-traffic"),
    start: Timestamp.optional(),
    end: Timestamp.optional(),
    is_active: z.boolean().optional(),
    src_ref: ref("domain-name", "ipv4-addr", "ipv6-addr", "mac-addr").optional(),
    dst_ref: ref("domain-name", "ipv4-addr", "ipv6-addr", "mac-addr").optional(),
    src_port: z.int().min(0).max(65535).optional(),
    dst_port: z.int().min(0).max(65535).optional(),
    protocols: list(z.string()),
    src_byte_count: z.int().min(0).optional(),
    dst_byte_count: z.int().min(0).optional(),
    src_packets: z.int().min(0).optional(),
    dst_packets: z.int().min(0).optional(),
    ipfix: dictionary(z.unknown(), "integer or text").optional(),
    src_payload_ref: ref("artifact").optional(),
    dst_payload_ref: ref("artifact").optional(),
    encapsulates_refs: list(ref("network-traffic")).optional(),
    encapsulated_by_ref: ref("network-traffic").optional(),
    extensions: NetworkTrafficExtensions.optional(),
  })
  .meta({ id: "NetworkTraffic" });
export type NetworkTraffic = z.infer<typeof NetworkTraffic>;

export const Url = z
  .looseObject({
    ...observable("url"),
    value: formed(URL_VALUE),
  })
  .meta({ id: "Url" });
export type Url = z.infer<typeof Url>;
