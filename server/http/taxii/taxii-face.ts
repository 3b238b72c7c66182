import { TaxiiError } from "../../../schemas/taxii/error.ts";
import { Fault } from "../../shared/fault.ts";
import type { Face, ShownFault } from "../face.ts";
import { acceptsTaxii, isTaxiiContent, TAXII_TYPE } from "./media-type.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "The request can't be read",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  405: "Not for this path",
  406: "No media type that this can be answered in",
  409: "Conflict",
  408: "Too late",
  413: "Too large",
  415: "Unknown media type",
  422: "Not acceptable",
  429: "Too many requests",
  431: "Headers too large",
  500: "Server error",
  503: "Not now",
};

/** Whoever is not signed in reads the same, whatever was wrong with the credential (TAXII 2.1 section 1.6.5; policy 9). */
const NOT_SIGNED_IN = "Sign in with HTTP Basic, a bearer token or the header X-Api-Key.";

function errorBody({ status, code, path, message, errorId }: ShownFault): TaxiiError {
  const unauthorized = status === 401;
  return {
    title: TITLES[status] ?? "Error",
    description: unauthorized ? NOT_SIGNED_IN : message,
    ...(errorId !== undefined && { error_id: errorId }),
    error_code: unauthorized ? "unauthorized" : code,
    http_status: String(status),
    ...(path !== undefined && !unauthorized && { details: { path } }),
  };
}

function decode(text: string): string {
  try {
    // A plus is a plus here: no parameter has blanks, and offsets of dates are written with it.
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Fault("bad_request", "the query has a percent sign that is no UTF-8 escape", {
      code: "query.encoding",
      cause,
    });
  }
}

/** The parameters that the resource knows, each at most once; all others are left aside (TAXII 2.1 sections 3.4 and 3.5). */
export function readTaxiiQuery(url: string, known: readonly string[]): Record<string, string> {
  const mark = url.indexOf("?");
  const found = new Map<string, string>();
  for (const pair of mark === -1 ? [] : url.slice(mark + 1).split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (!known.includes(name)) continue;
    if (found.has(name))
      throw new Fault("bad_request", "this parameter is there twice; several values stand in one, with commas", {
        code: "query.repeated",
        path: name,
      });
    found.set(name, decode(equals === -1 ? "" : pair.slice(equals + 1)));
  }
  return Object.fromEntries(found);
}

/** TAXII 2.1 on the wire. Paths are served without their last slash, too: clients get it wrong. */
export const TAXII: Face = {
  prefix: "/taxii2",
  type: TAXII_TYPE,
  challenge: 'Basic realm="tricord", charset="UTF-8", Bearer realm="tricord"',
  faultReply: TaxiiError,
  faultBody: errorBody,
  signInFirst: true,
  spellings: (path) => [path, path.replace(/\/$/, "")],
  readQuery: readTaxiiQuery,
  checkAccept({ accept }) {
    if (!acceptsTaxii(accept))
      throw new Fault("not_acceptable", `this is answered in ${TAXII_TYPE} alone, which the request does not accept`, {
        code: "accept.media_type",
      });
  },
  checkContentType(headers) {
    if (!isTaxiiContent(headers["content-type"]))
      throw new Fault("unsupported_media_type", `a body must be ${TAXII_TYPE}`, { code: "body.media_type" });
  },
};
