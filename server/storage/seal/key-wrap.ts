/**
 * The key port of encryption at rest (design 5): wraps data keys and opens them again, and knows nothing else. Adapters are in `server/key-wrap/`; a KMS of its own
 * kind would be one more.
 */
export interface KeyWrap {
  /** Names the wrapping key without telling it, the same each time; stands beside what it wrapped. */
  readonly id: string;
  /** How messages name it: the setting it comes from. */
  readonly setting: string;
  wrap(plain: Uint8Array): Promise<Uint8Array>;
  /** Rejects what it did not wrap. */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
}
