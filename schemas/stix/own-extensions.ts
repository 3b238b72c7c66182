import { MENTION_DEFINITION, MENTION_EXTENSION, Mention } from "./mention.ts";
import type { ExtensionDefinition } from "./meta.ts";
import { RELEASE_LABEL_DEFINITION, RELEASE_LABEL_EXTENSION, ReleaseLabel } from "./release-label.ts";
import { REVENUE_EXTENSIONS } from "./revenue/extensions.ts";
import { WALLET_FACTS_DEFINITION, WALLET_FACTS_EXTENSION, WalletFacts } from "./wallet.ts";

/** Our extensions: what may stand under their id in `extensions`, and the definition that goes along. */
export const OWN_EXTENSIONS = {
  [RELEASE_LABEL_EXTENSION]: { content: ReleaseLabel, definition: RELEASE_LABEL_DEFINITION },
  [WALLET_FACTS_EXTENSION]: { content: WalletFacts, definition: WALLET_FACTS_DEFINITION },
  [MENTION_EXTENSION]: { content: Mention, definition: MENTION_DEFINITION },
  ...REVENUE_EXTENSIONS,
} as const;

export const OWN_EXTENSION_DEFINITIONS: readonly ExtensionDefinition[] = Object.values(OWN_EXTENSIONS).map(
  ({ definition }) => definition,
);
