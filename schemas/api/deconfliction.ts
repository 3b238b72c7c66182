import { z } from "zod";
import { AccountId, AgencyId, Topic, When } from "../policy/vocabulary.ts";

const ONE_VALUE = "one value a request, as text: bulk asks are refused";

/** `value` in any spelling; `topic`: one of your own, on which you have an interest in it. */
export const DeconflictionBody = z
  .strictObject({ value: z.string(ONE_VALUE).min(1).max(4096), topic: Topic })
  .meta({ id: "DeconflictionBody" });

/** Whom to talk to: both sides agreed. */
const ContactReply = z.object({ agency: AgencyId, name: z.string() }).meta({ id: "DeconflictionContact" });

const Objects = z.array(z.string());

/** What was asked, as its own agency may see it. `endsAt` is the same time after the asking for all; until then nothing but a contact shows. */
export const TicketReply = z
  .object({
    ticket: z.string(),
    topic: Topic,
    /** Your own agency's objects that state the value, as far as you see them now. */
    objects: Objects,
    askedBy: AccountId,
    askedAt: When,
    endsAt: When,
    outcome: z.enum(["waiting", "contact", "no contact offered"]),
    contacts: z.array(ContactReply).optional(),
  })
  .meta({ id: "DeconflictionTicket" });
export type TicketReply = z.infer<typeof TicketReply>;
export const TicketList = z
  .object({ tickets: z.array(TicketReply), next: z.string().optional() })
  .meta({ id: "DeconflictionTickets" });

/** What your agency is asked: nothing of who asks, and nothing but your own objects. */
export const AskedReply = z
  .object({
    ask: z.string(),
    question: z.string(),
    objects: Objects,
    endsAt: When,
    outcome: z.enum(["waiting", "declined", "contact", "no contact offered"]),
    contact: ContactReply.optional(),
  })
  .meta({ id: "DeconflictionAsked" });
export type AskedReply = z.infer<typeof AskedReply>;
export const AskedList = z.object({ asks: z.array(AskedReply) }).meta({ id: "DeconflictionAskedList" });

const Limit = z.string().regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999; a page has 500 at most");
export const TicketQuery = z.strictObject({
  limit: Limit.optional(),
  next: z.string().min(1).max(4096).optional(),
});

/** Days back from today, today included. */
export const ReportQuery = z.strictObject({
  days: z
    .string()
    .regex(/^[1-9]\d?$/, "a whole number from 1 to 99")
    .optional(),
});
/** For the auditor: who asked how often, and under which tickets; of what, and what came of it, is not said. */
export const DeconflictionReport = z
  .object({
    days: z.array(
      z.object({ day: z.string(), agency: AgencyId, asks: z.int(), limit: z.int(), tickets: z.array(z.string()) }),
    ),
  })
  .meta({ id: "DeconflictionReport" });
export type DeconflictionReport = z.infer<typeof DeconflictionReport>;
