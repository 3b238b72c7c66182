import { z } from "zod";
import { dictionary, extensionsWith, Hashes, Hex, list, notBare, openVocab } from "./common.ts";
import { ref } from "./identifier.ts";
import { TimestampToTheSecond } from "./timestamp.ts";
import {
  NETWORK_SOCKET_ADDRESS_FAMILIES,
  NETWORK_SOCKET_TYPES,
  WINDOWS_INTEGRITY_LEVELS,
  WINDOWS_PEBINARY_TYPES,
  WINDOWS_SERVICE_START_TYPES,
  WINDOWS_SERVICE_STATUSES,
  WINDOWS_SERVICE_TYPES,
} from "./vocabulary.ts";

/** Predefined extensions of observables (STIX 2.1 section 6), under their own names in `extensions`. */

export const AlternateDataStream = z
  .looseObject({
    name: z.string(),
    hashes: Hashes.optional(),
    size: z.int().min(0).optional(),
  })
  .meta({ id: "AlternateDataStream" });
export type AlternateDataStream = z.infer<typeof AlternateDataStream>;

export const WindowsPeOptionalHeader = notBare(
  z
    .looseObject({
      magic_hex: Hex.optional(),
      major_linker_version: z.int().optional(),
      minor_linker_version: z.int().optional(),
      size_of_code: z.int().min(0).optional(),
      size_of_initialized_data: z.int().min(0).optional(),
      size_of_uninitialized_data: z.int().min(0).optional(),
      address_of_entry_point: z.int().optional(),
      base_of_code: z.int().optional(),
      base_of_data: z.int().optional(),
      image_base: z.int().optional(),
      section_alignment: z.int().optional(),
      file_alignment: z.int().optional(),
      major_os_version: z.int().optional(),
      minor_os_version: z.int().optional(),
      major_image_version: z.int().optional(),
      minor_image_version: z.int().optional(),
      major_subsystem_version: z.int().optional(),
      minor_subsystem_version: z.int().optional(),
      win32_version_value_hex: Hex.optional(),
      size_of_image: z.int().min(0).optional(),
      size_of_headers: z.int().min(0).optional(),
      checksum_hex: Hex.optional(),
      subsystem_hex: Hex.optional(),
      dll_characteristics_hex: Hex.optional(),
      size_of_stack_reserve: z.int().min(0).optional(),
      size_of_stack_commit: z.int().min(0).optional(),
      size_of_heap_reserve: z.int().min(0).optional(),
      size_of_heap_commit: z.int().min(0).optional(),
      loader_flags_hex: Hex.optional(),
      number_of_rva_and_sizes: z.int().min(0).optional(),
      hashes: Hashes.optional(),
    })
    .meta({ id: "WindowsPeOptionalHeader" }),
);
export type WindowsPeOptionalHeader = z.infer<typeof WindowsPeOptionalHeader>;

export const WindowsPeSection = z
  .looseObject({
    name: z.string(),
    size: z.int().min(0).optional(),
    entropy: z.number().optional(),
    hashes: Hashes.optional(),
  })
  .meta({ id: "WindowsPeSection" });
export type WindowsPeSection = z.infer<typeof WindowsPeSection>;

export const ArchiveExt = z
  .looseObject({
    contains_refs: list(ref("file", "directory")),
  })
  .meta({ id: "ArchiveExt" });
export type ArchiveExt = z.infer<typeof ArchiveExt>;

export const NtfsExt = notBare(
  z
    .looseObject({
      sid: z.string().optional(),
      alternate_data_streams: list(AlternateDataStream).optional(),
    })
    .meta({ id: "NtfsExt" }),
);
export type NtfsExt = z.infer<typeof NtfsExt>;

export const PdfExt = notBare(
  z
    .looseObject({
      version: z.string().optional(),
      is_optimized: z.boolean().optional(),
      document_info_dict: dictionary(z.unknown(), "text").optional(),
      pdfid0: z.string().optional(),
      pdfid1: z.string().optional(),
    })
    .meta({ id: "PdfExt" }),
);
export type PdfExt = z.infer<typeof PdfExt>;

export const RasterImageExt = notBare(
  z
    .looseObject({
      image_height: z.int().optional(),
      image_width: z.int().optional(),
      bits_per_pixel: z.int().optional(),
      exif_tags: dictionary(z.unknown(), "integer or text").optional(),
    })
    .meta({ id: "RasterImageExt" }),
);
export type RasterImageExt = z.infer<typeof RasterImageExt>;

export const WindowsPebinaryExt = notBare(
  z
    .looseObject({
      pe_type: openVocab(WINDOWS_PEBINARY_TYPES),
      imphash: z.string().optional(),
      machine_hex: Hex.optional(),
      number_of_sections: z.int().min(0).optional(),
      time_date_stamp: TimestampToTheSecond.optional(),
      pointer_to_symbol_table_hex: Hex.optional(),
      number_of_symbols: z.int().min(0).optional(),
      size_of_optional_header: z.int().min(0).optional(),
      characteristics_hex: Hex.optional(),
      file_header_hashes: Hashes.optional(),
      optional_header: WindowsPeOptionalHeader.optional(),
      sections: list(WindowsPeSection).optional(),
    })
    .meta({ id: "WindowsPebinaryExt" }),
  ["pe_type"],
);
export type WindowsPebinaryExt = z.infer<typeof WindowsPebinaryExt>;

export const FileExtensions = extensionsWith({
  "archive-ext": ArchiveExt.optional(),
  "ntfs-ext": NtfsExt.optional(),
  "pdf-ext": PdfExt.optional(),
  "raster-image-ext": RasterImageExt.optional(),
  "windows-pebinary-ext": WindowsPebinaryExt.optional(),
});

export const HttpRequestExt = z
  .looseObject({
    request_method: z.string(),
    request_value: z.string(),
    request_version: z.string().optional(),
    request_header: dictionary(z.unknown(), "texts").optional(),
    message_body_length: z.int().optional(),
    message_body_data_ref: ref("artifact").optional(),
  })
  .meta({ id: "HttpRequestExt" });
export type HttpRequestExt = z.infer<typeof HttpRequestExt>;

export const IcmpExt = z
  .looseObject({
    icmp_type_hex: Hex,
    icmp_code_hex: Hex,
  })
  .meta({ id: "IcmpExt" });
export type IcmpExt = z.infer<typeof IcmpExt>;

export const SocketExt = z
  .looseObject({
    address_family: z.enum(NETWORK_SOCKET_ADDRESS_FAMILIES),
    is_blocking: z.boolean().optional(),
    is_listening: z.boolean().optional(),
    options: dictionary(z.unknown(), "socket options").optional(),
    socket_type: z.enum(NETWORK_SOCKET_TYPES).optional(),
    socket_descriptor: z.int().min(0).optional(),
    socket_handle: z.int().optional(),
  })
  .meta({ id: "SocketExt" });
export type SocketExt = z.infer<typeof SocketExt>;

export const TcpExt = notBare(
  z
    .looseObject({
      src_flags_hex: Hex.optional(),
      dst_flags_hex: Hex.optional(),
    })
    .meta({ id: "TcpExt" }),
);
export type TcpExt = z.infer<typeof TcpExt>;

export const NetworkTrafficExtensions = extensionsWith({
  "http-request-ext": HttpRequestExt.optional(),
  "icmp-ext": IcmpExt.optional(),
  "socket-ext": SocketExt.optional(),
  "tcp-ext": TcpExt.optional(),
});

export const WindowsProcessExt = notBare(
  z
    .looseObject({
      aslr_enabled: z.boolean().optional(),
      dep_enabled: z.boolean().optional(),
      priority: z.string().optional(),
      owner_sid: z.string().optional(),
      windows_title: z.string().optional(),
      startup_info: dictionary(z.unknown()).optional(),
      integrity_level: z.enum(WINDOWS_INTEGRITY_LEVELS).optional(),
    })
    .meta({ id: "WindowsProcessExt" }),
);
export type WindowsProcessExt = z.infer<typeof WindowsProcessExt>;

export const WindowsServiceExt = notBare(
  z
    .looseObject({
      service_name: z.string().optional(),
      descriptions: list(z.string()).optional(),
      display_name: z.string().optional(),
      group_name: z.string().optional(),
      start_type: z.enum(WINDOWS_SERVICE_START_TYPES).optional(),
      service_dll_refs: list(ref("file")).optional(),
      service_type: z.enum(WINDOWS_SERVICE_TYPES).optional(),
      service_status: z.enum(WINDOWS_SERVICE_STATUSES).optional(),
    })
    .meta({ id: "WindowsServiceExt" }),
);
export type WindowsServiceExt = z.infer<typeof WindowsServiceExt>;

export const ProcessExtensions = extensionsWith({
  "windows-process-ext": WindowsProcessExt.optional(),
  "windows-service-ext": WindowsServiceExt.optional(),
});

export const UnixAccountExt = notBare(
  z
    .looseObject({
      gid: z.int().optional(),
      groups: list(z.string()).optional(),
      home_dir: z.string().optional(),
      shell: z.string().optional(),
    })
    .meta({ id: "UnixAccountExt" }),
);
export type UnixAccountExt = z.infer<typeof UnixAccountExt>;

export const UserAccountExtensions = extensionsWith({
  "unix-account-ext": UnixAccountExt.optional(),
});
