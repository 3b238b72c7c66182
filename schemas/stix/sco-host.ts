import { z } from "zod";
import { Binary, dictionary, formed, Hashes, Hex, list, notBare, OBSERVABLE_BESIDES, observable } from "./common.ts";
import { CHARACTER_SET_NAME, CPE, MEDIA_TYPE_NAME, REGISTRY_KEY, STATED_MEDIA_TYPE } from "./forms/host.ts";
import { SOFTWARE_LANGUAGE } from "./forms/language-tag.ts";
import { URL_VALUE } from "./forms/network.ts";
import { ref, scoRef } from "./identifier.ts";
import { FileExtensions, ProcessExtensions } from "./sco-extensions.ts";
import { Timestamp } from "./timestamp.ts";
import { ENCRYPTION_ALGORITHMS, WINDOWS_REGISTRY_DATATYPES } from "./vocabulary.ts";

/** Observables of files and hosts (STIX 2.1 section 6). */

export const WindowsRegistryValue = notBare(
  z
    .looseObject({
      name: z.string().optional(),
      data: z.string().optional(),
      data_type: z.enum(WINDOWS_REGISTRY_DATATYPES).optional(),
    })
    .meta({ id: "WindowsRegistryValue" }),
);
export type WindowsRegistryValue = z.infer<typeof WindowsRegistryValue>;

export const X509V3Extensions = notBare(
  z
    .looseObject({
      basic_constraints: z.string().optional(),
      name_constraints: z.string().optional(),
      policy_constraints: z.string().optional(),
      key_usage: z.string().optional(),
      extended_key_usage: z.string().optional(),
      subject_key_identifier: z.string().optional(),
      authority_key_identifier: z.string().optional(),
      subject_alternative_name: z.string().optional(),
      issuer_alternative_name: z.string().optional(),
      subject_directory_attributes: z.string().optional(),
      crl_distribution_points: z.string().optional(),
      inhibit_any_policy: z.string().optional(),
      private_key_usage_period_not_before: Timestamp.optional(),
      private_key_usage_period_not_after: Timestamp.optional(),
      certificate_policies: z.string().optional(),
      policy_mappings: z.string().optional(),
    })
    .meta({ id: "X509V3Extensions" }),
);
export type X509V3Extensions = z.infer<typeof X509V3Extensions>;

export const Artifact = z
  .looseObject({
    ...observable("artifact"),
    mime_type: formed(MEDIA_TYPE_NAME).optional(),
    payload_bin: Binary.optional(),
    url: formed(URL_VALUE).optional(),
    hashes: Hashes.optional(),
    encryption_algorithm: z.enum(ENCRYPTION_ALGORITHMS).optional(),
    decryption_key: z.string().optional(),
  })
  .meta({ id: "Artifact" });
export type Artifact = z.infer<typeof Artifact>;

export const Directory = z
  .looseObject({
    ...observable("directory"),
    path: z.string(),
    path_enc: formed(CHARACTER_SET_NAME).optional(),
    ctime: Timestamp.optional(),
    mtime: Timestamp.optional(),
    atime: Timestamp.optional(),
    contains_refs: list(ref("directory", "file")).optional(),
  })
  .meta({ id: "Directory" });
export type Directory = z.infer<typeof Directory>;

export const File = z
  .looseObject({
    ...observable("file"),
    hashes: Hashes.optional(),
    size: z.int().min(0).optional(),
    name: z.string().optional(),
    name_enc: formed(CHARACTER_SET_NAME).optional(),
    magic_number_hex: Hex.optional(),
    mime_type: formed(STATED_MEDIA_TYPE).optional(),
    ctime: Timestamp.optional(),
    mtime: Timestamp.optional(),
    atime: Timestamp.optional(),
    parent_directory_ref: ref("directory").optional(),
    contains_refs: list(scoRef()).optional(),
    content_ref: ref("artifact").optional(),
    extensions: FileExtensions.optional(),
  })
  .meta({ id: "File" });
export type File = z.infer<typeof File>;

export const Mutex = z
  .looseObject({
    ...observable("mutex"),
    name: z.string(),
  })
  .meta({ id: "Mutex" });
export type Mutex = z.infer<typeof Mutex>;

export const Process = notBare(
  z
    .looseObject({
      ...observable("process"),
      is_hidden: z.boolean().optional(),
      pid: z.int().optional(),
      created_time: Timestamp.optional(),
      cwd: z.string().optional(),
      command_line: z.string().optional(),
      environment_variables: dictionary(z.unknown(), "text").optional(),
      opened_connection_refs: list(ref("network-traffic")).optional(),
      creator_user_ref: ref("user-account").optional(),
      image_ref: ref("file").optional(),
      parent_ref: ref("process").optional(),
      child_refs: list(ref("process")).optional(),
      extensions: ProcessExtensions.optional(),
    })
    .meta({ id: "Process" }),
  OBSERVABLE_BESIDES,
);
export type Process = z.infer<typeof Process>;

export const Software = z
  .looseObject({
    ...observable("software"),
    name: z.string(),
    cpe: formed(CPE).optional(),
    swid: z.string().optional(),
    languages: list(formed(SOFTWARE_LANGUAGE)).optional(),
    vendor: z.string().optional(),
    version: z.string().optional(),
  })
  .meta({ id: "Software" });
export type Software = z.infer<typeof Software>;

export const WindowsRegistryKey = notBare(
  z
    .looseObject({
      ...observable("windows-registry-key"),
      key: formed(REGISTRY_KEY).optional(),
      values: list(WindowsRegistryValue).optional(),
      modified_time: Timestamp.optional(),
      creator_user_ref: ref("user-account").optional(),
      number_of_subkeys: z.int().optional(),
    })
    .meta({ id: "WindowsRegistryKey" }),
  [...OBSERVABLE_BESIDES, "extensions"],
);
export type WindowsRegistryKey = z.infer<typeof WindowsRegistryKey>;

export const X509Certificate = notBare(
  z
    .looseObject({
      ...observable("x509-certificate"),
      is_self_signed: z.boolean().optional(),
      hashes: Hashes.optional(),
      version: z.string().optional(),
      serial_number: z.string().optional(),
      signature_algorithm: z.string().optional(),
      issuer: z.string().optional(),
      validity_not_before: Timestamp.optional(),
      validity_not_after: Timestamp.optional(),
      subject: z.string().optional(),
      subject_public_key_algorithm: z.string().optional(),
      subject_public_key_modulus: z.string().optional(),
      subject_public_key_exponent: z.int().optional(),
      x509_v3_extensions: X509V3Extensions.optional(),
    })
    .meta({ id: "X509Certificate" }),
  [...OBSERVABLE_BESIDES, "extensions"],
);
export type X509Certificate = z.infer<typeof X509Certificate>;
