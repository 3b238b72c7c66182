import { z } from "zod";

/** What is wrong with an object or a pattern, or would be better otherwise. */
export const StixFinding = z
  .object({
    /** Stable and dotted: `stix.required`. */
    code: z.string(),
    /** Where: `objects[3].labels[0]`; in a pattern `pattern`; empty for the whole. */
    path: z.string(),
    message: z.string(),
    /** The section of the standard that says so. */
    rule: z.string(),
  })
  .meta({ id: "StixFinding" });

/** In a pattern also where it stands. */
export const PatternFinding = StixFinding.extend({
  /** UTF-16 units from the pattern's beginning. */
  offset: z.int().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
}).meta({ id: "PatternFinding" });

export const StixVerdict = z
  .object({ valid: z.boolean(), errors: z.array(StixFinding), warnings: z.array(StixFinding) })
  .meta({ id: "StixVerdict", description: "All that is wrong (errors) and all that should be otherwise (warnings)." });

/** Longest pattern that is read, in characters; the largest in use have some 50,000. */
const MOST_PATTERN = 1_000_000;
const Pattern = z.string().max(MOST_PATTERN);

export const PatternBody = z.strictObject({ pattern: Pattern }).meta({ id: "PatternBody" });
export const PatternVerdict = z
  .object({
    valid: z.boolean(),
    errors: z.array(PatternFinding),
    warnings: z.array(PatternFinding),
    /** The strict normal form as text; equal texts are equivalent patterns. */
    normal: z.string().optional(),
  })
  .meta({ id: "PatternVerdict" });

export const PatternPair = z.strictObject({ a: Pattern, b: Pattern }).meta({ id: "PatternPair" });
export const PatternLikeness = z
  .object({
    /** Equal in the strict normal form. */
    equivalent: z.boolean(),
    /** One thing for de-duplication: equal in the looser form. */
    sameThing: z.boolean(),
  })
  .meta({ id: "PatternLikeness" });

export const MatchBody = z
  .strictObject({ pattern: Pattern, observed: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: "MatchBody" });
export const MatchReply = z
  .union([z.object({ matched: z.boolean() }), z.object({ error: PatternFinding })])
  .meta({ id: "MatchReply" });

export const StixIdReply = z
  .object({
    id: z.string(),
    /** Nothing that is there makes an id: this one is random. */
    random: z.literal(true).optional(),
  })
  .meta({ id: "StixIdReply" });
