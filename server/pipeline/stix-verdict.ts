import { type Verdict, validateStix } from "../../schemas/stix/validate/validate-stix.ts";
import { KNOWN } from "./known-beyond.ts";

/** Whether a value is STIX 2.1: an object, a bundle or a list of objects, its patterns and our extensions looked at too. */
export const stixVerdict = (value: unknown): Verdict => validateStix(value, KNOWN);
