import { hash, verify } from "@node-rs/argon2";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 256;

/** argon2id in its encoded form. Refuses (422) a password that is too short or too long; length is counted in characters. */
export async function hashPassword(password: string, moment: Moment): Promise<string> {
  const length = [...password].length;
  if (length < PASSWORD_MIN || length > PASSWORD_MAX)
    throw new Fault(
      "unprocessable",
      `a password has ${PASSWORD_MIN} to ${PASSWORD_MAX} characters; this one has ${length}`,
      {
        code: "password.length",
        path: "password",
      },
    );
  return hash(password.normalize("NFC"), { ...COST, salt: moment.random(16) });
}

/** The hash of nothing anybody can type, made once: unknown names cost the same work as known ones. */
let decoy: Promise<string> | undefined;

/** Whether it is the password of that hash. Without a hash the same work is done and the answer is no. */
export async function verifyPassword(encoded: string | undefined, password: string): Promise<boolean> {
  decoy ??= hash("no account has this", COST);
  const against = encoded ?? (await decoy);
  const right = await verify(against, password.slice(0, 4 * PASSWORD_MAX).normalize("NFC"));
  return right && encoded !== undefined;
}

/** A password that nobody has to remember: 24 characters, 144 bits. */
export const makePassword = (moment: Moment): string => Buffer.from(moment.random(18)).toString("base64url");
