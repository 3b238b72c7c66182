import type { RowDoc } from "../../storage/documents.ts";
import type { RowBrief } from "../sight.ts";

/** What a walk reads of a row: where it stands, and how it is written if it is an object by itself. */
export const BRIEF = [
  ...["id", "lane", "stamp", "mix", "stages", "kind", "thing", "fold", "stixId", "version", "originator", "ends"],
  ...["marksAt", "marks", "refers", "folded"],
] as const satisfies readonly (keyof RowDoc)[];

/** The same with the text. */
export const TEXTED = [...BRIEF, "bytes"] as const;

/** A row as a walk finds it: in brief, or (one that was only named) all of it. */
export interface WalkedRow extends RowBrief, Pick<RowDoc, "marksAt" | "marks" | "refers" | "folded"> {
  /** Text, or the bytes as they are stored; absent where no texts were asked for. */
  readonly bytes?: string | Uint8Array;
}
