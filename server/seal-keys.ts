import { commandKey } from "./key-wrap/command-key.ts";
import { environmentKey, fileKey } from "./key-wrap/local-key.ts";
import type { KeyWrap } from "./storage/seal/key-wrap.ts";
import { Seal } from "./storage/seal/seal.ts";

/** Where the key that wraps data keys comes from: one of them at most, which `config.ts` checks. */
export interface SealSettings {
  readonly SEAL_KEY_FILE?: string | undefined;
  readonly SEAL_KEY?: string | undefined;
  readonly SEAL_KEY_COMMAND?: string | undefined;
  /** The one before, while a rotation is under way. */
  readonly SEAL_KEY_OLD_FILE?: string | undefined;
  readonly SEAL_KEY_OLD?: string | undefined;
  readonly SEAL_KEY_OLD_COMMAND?: string | undefined;
}

async function wrapOf(settings: SealSettings, prefix: "SEAL_KEY" | "SEAL_KEY_OLD"): Promise<KeyWrap | undefined> {
  const { [`${prefix}_FILE` as const]: file, [prefix]: text, [`${prefix}_COMMAND` as const]: command } = settings;
  if (file !== undefined) return fileKey(`${prefix}_FILE`, file);
  if (text !== undefined) return environmentKey(prefix, text);
  return command === undefined ? undefined : commandKey(`${prefix}_COMMAND`, command);
}

/** The wrapping keys that the settings name: the one in force, and the one before. Faults of `local-key.ts`. */
export async function wrapsOf(settings: SealSettings): Promise<{ readonly wrap?: KeyWrap; readonly old?: KeyWrap }> {
  const [wrap, old] = [await wrapOf(settings, "SEAL_KEY"), await wrapOf(settings, "SEAL_KEY_OLD")];
  return { ...(wrap === undefined ? {} : { wrap }), ...(old === undefined ? {} : { old }) };
}

/** Encryption at rest as the settings say it; off where they name no key. */
export const sealOf = async (settings: SealSettings): Promise<Seal> => new Seal(await wrapsOf(settings));
