import { ATTRIBUTION_DEFINITION, ATTRIBUTION_EXTENSION, Attribution } from "./attribution.ts";
import { FREEZE_REQUEST_DEFINITION, FREEZE_REQUEST_EXTENSION, FreezeRequestEntry } from "./freeze-request.ts";
import { LAUNDERING_HOP_DEFINITION, LAUNDERING_HOP_EXTENSION, LaunderingHop } from "./hop.ts";
import { PERSONA_DEFINITION, PERSONA_EXTENSION, PersonaFacts } from "./persona.ts";
import { THEFT_DEFINITION, THEFT_EXTENSION, TheftFacts } from "./theft.ts";
import { TRANSACTION_FACTS_DEFINITION, TRANSACTION_FACTS_EXTENSION, TransactionFacts } from "./transaction.ts";

/** Our extensions for illicit revenue: what may stand under their id, and the definition that goes along. */
export const REVENUE_EXTENSIONS = {
  [TRANSACTION_FACTS_EXTENSION]: { content: TransactionFacts, definition: TRANSACTION_FACTS_DEFINITION },
  [LAUNDERING_HOP_EXTENSION]: { content: LaunderingHop, definition: LAUNDERING_HOP_DEFINITION },
  [THEFT_EXTENSION]: { content: TheftFacts, definition: THEFT_DEFINITION },
  [FREEZE_REQUEST_EXTENSION]: { content: FreezeRequestEntry, definition: FREEZE_REQUEST_DEFINITION },
  [PERSONA_EXTENSION]: { content: PersonaFacts, definition: PERSONA_DEFINITION },
  [ATTRIBUTION_EXTENSION]: { content: Attribution, definition: ATTRIBUTION_DEFINITION },
} as const;
