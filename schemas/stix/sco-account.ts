import { z } from "zod";
import { dictionary, formed, list, notBare, OBSERVABLE_BESIDES, observable, openVocab } from "./common.ts";
import { ADDR_SPEC } from "./forms/network.ts";
import { ref } from "./identifier.ts";
import { UserAccountExtensions } from "./sco-extensions.ts";
import { Timestamp } from "./timestamp.ts";
import { ACCOUNT_TYPES } from "./vocabulary.ts";

/** Observables of mail and accounts (STIX 2.1 section 6). */

export const EmailMimePart = z
  .looseObject({
    body: z.string().optional(),
    body_raw_ref: ref("artifact", "file").optional(),
    content_type: z.string().optional(),
    content_disposition: z.string().optional(),
  })
  .meta({ id: "EmailMimePart" });
export type EmailMimePart = z.infer<typeof EmailMimePart>;

export const EmailAddr = z
  .looseObject({
    ...observable("email-addr"),
    value: formed(ADDR_SPEC),
    display_name: z.string().optional(),
    belongs_to_ref: ref("user-account").optional(),
  })
  .meta({ id: "EmailAddr" });
export type EmailAddr = z.infer<typeof EmailAddr>;

export const EmailMessage = z
  .looseObject({
    ...observable("email-message"),
    is_multipart: z.boolean(),
    date: Timestamp.optional(),
    content_type: z.string().optional(),
    from_ref: ref("email-addr").optional(),
    sender_ref: ref("email-addr").optional(),
    to_refs: list(ref("email-addr")).optional(),
    cc_refs: list(ref("email-addr")).optional(),
    bcc_refs: list(ref("email-addr")).optional(),
    message_id: z.string().optional(),
    subject: z.string().optional(),
    received_lines: list(z.string()).optional(),
    additional_header_fields: dictionary(z.unknown(), "texts").optional(),
    body: z.string().optional(),
    body_multipart: list(EmailMimePart).optional(),
    raw_email_ref: ref("artifact").optional(),
  })
  .meta({ id: "EmailMessage" });
export type EmailMessage = z.infer<typeof EmailMessage>;

export const UserAccount = notBare(
  z
    .looseObject({
      ...observable("user-account"),
      user_id: z.string().optional(),
      credential: z.string().optional(),
      account_login: z.string().optional(),
      account_type: openVocab(ACCOUNT_TYPES).optional(),
      display_name: z.string().optional(),
      is_service_account: z.boolean().optional(),
      is_privileged: z.boolean().optional(),
      can_escalate_privs: z.boolean().optional(),
      is_disabled: z.boolean().optional(),
      account_created: Timestamp.optional(),
      account_expires: Timestamp.optional(),
      credential_last_changed: Timestamp.optional(),
      account_first_login: Timestamp.optional(),
      account_last_login: Timestamp.optional(),
      extensions: UserAccountExtensions.optional(),
    })
    .meta({ id: "UserAccount" }),
  OBSERVABLE_BESIDES,
);
export type UserAccount = z.infer<typeof UserAccount>;
