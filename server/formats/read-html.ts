import type { Item } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { decodeUtf8 } from "./decode.ts";
import { htmlText } from "./html-text.ts";
import { Findings, readProse } from "./read-text.ts";
import type { Mention } from "./to-observable.ts";

/** Whether a text starts as a page does; comments and a declaration of XML may stand before it. */
export const startsAsHtml = (text: string): boolean =>
  /^(?:<!doctype\s+html|<html|<head|<body)[\s>]/i.test(
    withoutPrologue(text.slice(0, 4096).replace(/^[\ufeff\s]+/, "")),
  );

function withoutPrologue(text: string): string {
  let rest = text;
  for (let i = 0; i < 5; i++) {
    const end = rest.startsWith("<?xml")
      ? rest.indexOf("?>") + 2
      : rest.startsWith("<!--")
        ? rest.indexOf("-->") + 3
        : 0;
    if (end < 3) return rest;
    rest = rest.slice(end).trimStart();
  }
  return rest;
}

/** The encoding that a page says it has, in its first kilobyte (HTML, "Determining the character encoding"); UTF-8 where it says none. */
function charsetOf(bytes: Uint8Array): string {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 1024));
  return /\bcharset\s{0,10}=\s{0,10}["']?([A-Za-z0-9_:.-]{1,40})/i.exec(head)?.[1]?.toLowerCase() ?? "utf-8";
}

/** The bytes of a page as text, in the encoding it says. Faults `input.charset`, `input.utf8`. */
export function decodeHtml(bytes: Uint8Array): string {
  const charset = charsetOf(bytes);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (marked || charset === "utf-8" || charset === "utf8") return decodeUtf8(bytes);
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Fault("bad_request", `the page says that it is ${charset}, and can't be read as that`, {
      code: "input.charset",
      cause,
    });
  }
}

/**
 * Values in a saved web page, as in any running text, with its title and address beside them. Live links of a page that defangs its indicators
 * are references; what only stands in a link's target is not read.
 */
export function readHtml(source: string): Item[] {
  const { text, title, link } = htmlText(source);
  const mention: Mention = {
    ...(link === undefined ? {} : { link }),
    ...(title === undefined ? {} : { context: { title } }),
  };
  const findings = new Findings(Number.POSITIVE_INFINITY, mention);
  readProse(text, findings);
  // Places of the extracted text are none of the page.
  return findings.take().map((item) => {
    const { offset: _, place: __, ...rest } = item;
    return "problem" in rest ? { ...rest, problem: { ...rest.problem, path: "" } } : rest;
  });
}
