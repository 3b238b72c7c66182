import { scoId } from "../../schemas/stix/id-contributing.ts";
import { MENTION_EXTENSION } from "../../schemas/stix/mention.ts";
import { publishedExtension } from "../../schemas/stix/revenue/published-definitions.ts";
import { TRANSACTION_FACTS_EXTENSION } from "../../schemas/stix/revenue/transaction.ts";
import { WALLET_EXTENSION, WALLET_FACTS_EXTENSION } from "../../schemas/stix/wallet.ts";
import { revenueIdProperties } from "../pipeline/key-revenue.ts";
import type { CanonicalValue, StixJson } from "../pipeline/steps.ts";
import { uuid5, uuidBytes } from "../shared/digest.ts";

/** The namespace of deterministic observable ids (STIX 2.1 section 2.9). */
const SCO_NAMESPACE = uuidBytes("00abedb4-aa42-466c-9c01-fed23315a9b7");
/** What a source said beside a value, as it stood there. */
export interface Mention {
  readonly notes?: string;
  readonly tags?: readonly string[];
  readonly reporter?: string;
  /** A STIX timestamp. */
  readonly first_seen?: string;
  readonly last_seen?: string;
  readonly link?: string;
  /** 0 to 100. */
  readonly confidence?: number;
  /** All other columns, by their header. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Of several hashes one makes the id, in this order (STIX 2.1 section 6.7, ID Contributing Properties). */
const HASH_ORDER = ["MD5", "SHA-1", "SHA-256", "SHA-512"] as const;

/** A single key with text or a number: JSON.stringify gives what RFC 8785 asks for. */
const idOf = (type: string, contributing: StixJson): string =>
  `${type}--${uuid5(SCO_NAMESPACE, JSON.stringify(contributing))}`;

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function fileObject(values: readonly CanonicalValue[]): StixJson {
  const hashes: Record<string, string> = {};
  for (const { sort, canonical } of [...values].sort((a, b) => byCode(a.sort ?? "", b.sort ?? "")))
    if (sort !== undefined) hashes[sort] = canonical;
  const first = HASH_ORDER.find((name) => hashes[name] !== undefined) ?? Object.keys(hashes)[0] ?? "";
  return { id: idOf("file", { hashes: { [first]: hashes[first] } }), hashes };
}

/** How the address is written: bech32m shows in the witness version, the character after `bc1`. */
function walletForm(family: string, value: string): string | undefined {
  if (family === "evm") return "hex";
  if (family === "tron") return "base58";
  if (family !== "bitcoin") return undefined;
  if (value.startsWith("bc1")) return value.startsWith("bc1q") ? "bech32" : "bech32m";
  return value.startsWith("1") ? "p2pkh" : "p2sh";
}

function walletObject({ sort, canonical, checksum }: CanonicalValue): StixJson {
  const form = sort === undefined ? undefined : walletForm(sort, canonical);
  const facts = {
    extension_type: "property-extension",
    ...(sort === undefined ? {} : { family: sort }),
    ...(form === undefined ? {} : { form }),
    ...(checksum === undefined ? {} : { checksum }),
  };
  return {
    id: idOf("cryptocurrency-wallet", { value: canonical }),
    value: canonical,
    extensions: { [WALLET_EXTENSION]: { extension_type: "new-sco" }, [WALLET_FACTS_EXTENSION]: facts },
  };
}

/** A transaction, account, card or telephone number: the publisher's properties, and the chain where its coin does not tell it. */
function publishedObject(value: CanonicalValue): StixJson {
  const { chain: _chain, ...stated } = revenueIdProperties(value);
  const own = publishedExtension(value.kind);
  return {
    // The standard's id, over what the publisher says: the key may hold more (the bank, the chain).
    id: scoId(value.kind, stated) ?? value.kind,
    ...stated,
    extensions: {
      ...(own === undefined ? {} : { [own]: { extension_type: "new-sco" } }),
      ...(value.kind === "cryptocurrency-transaction" && value.sort !== undefined
        ? { [TRANSACTION_FACTS_EXTENSION]: { extension_type: "property-extension", chain: value.sort } }
        : {}),
    },
  };
}

function body(values: readonly [CanonicalValue, ...CanonicalValue[]]): StixJson {
  const [first] = values;
  if (first.kind === "file") return fileObject(values);
  if (first.kind === "cryptocurrency-wallet") return walletObject(first);
  if (publishedExtension(first.kind) !== undefined) return publishedObject(first);
  if (first.kind !== "autonomous-system")
    return { id: idOf(first.kind, { value: first.canonical }), value: first.canonical };
  const number = Number(first.canonical);
  return { id: idOf(first.kind, { number }), number };
}

/**
 * The STIX 2.1 observable of one value, or of the several hashes of one file: canonical value and deterministic id. The
 * mention is no part of the id, and nothing of where or when it was read is in it: the same value with the same mention is the same bytes.
 */
export function toObservable(values: readonly [CanonicalValue, ...CanonicalValue[]], mention?: Mention): StixJson {
  const { id, ...rest } = body(values);
  const object: StixJson = { type: values[0].kind, spec_version: "2.1", id, ...rest };
  if (mention === undefined || Object.keys(mention).length === 0) return object;
  const extensions = (object.extensions ?? {}) as StixJson;
  return {
    ...object,
    extensions: { ...extensions, [MENTION_EXTENSION]: { extension_type: "property-extension", ...mention } },
  };
}
