import canonicalize from "canonicalize";

/** Canonical JSON (RFC 8785): equal values, equal text, so that a digest over it means the value. Members that are `undefined` are left out. */
export const canonicalJson = (value: unknown): string => canonicalize(value) ?? "null";
