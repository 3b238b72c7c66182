import { Fault } from "../shared/fault.ts";

export const LABEL_HEADER = "tricord-label";
/** A label is a few rows and rules; Node's own limit on all headers is 16 kB. */
const LABEL_LIMIT = 12_000;

/** The text of the header `Tricord-Label`, if there is one; `Fault("bad_request")` where it stands twice or is too long. */
export function labelText(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (Array.isArray(header))
    throw new Fault("bad_request", "Tricord-Label stands twice", { code: "label.repeated", path: LABEL_HEADER });
  if (header.length > LABEL_LIMIT)
    throw new Fault("bad_request", `Tricord-Label is over ${LABEL_LIMIT} characters`, {
      code: "label.too_long",
      path: LABEL_HEADER,
    });
  return header;
}
