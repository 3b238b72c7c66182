/** Kinds of foreseen errors and their HTTP status. The only such list; `server/http/reply-fault.ts` is its only reader. */
export const FAULTS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, number>;
export type FaultKind = keyof typeof FAULTS;

export interface FaultOptions extends ErrorOptions {
  /** Finer than the kind and stable: `label.unknown_agency`. Default: the kind itself. */
  readonly code?: string;
  /** Where in the input: `releases[0].agreement`, or a line or row. */
  readonly path?: string;
  /** Seconds, for `Retry-After`. */
  readonly retryAfter?: number;
}

/** An error we foresaw. Anything else that is thrown is a bug: a bare 500 whose detail goes to the log only. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly code: string;
  readonly path: string | undefined;
  readonly retryAfter: number | undefined;
  constructor(kind: FaultKind, message: string, options: FaultOptions = {}) {
    super(message, options);
    this.name = "Fault";
    this.kind = kind;
    this.code = options.code ?? kind;
    this.path = options.path;
    this.retryAfter = options.retryAfter;
  }
}

/** One problem of one object: what a receipt, a validation reply and a quarantine entry carry. */
export interface Problem {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}
