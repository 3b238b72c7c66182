import type { DeconflictionReport } from "../../../schemas/api/deconfliction.ts";
import { DECONFLICTION } from "../../policy/deconfliction.ts";
import type { Moment } from "../../shared/moment.ts";
import { DeconflictionTickets } from "../../storage/collections.ts";
import type { Storage } from "../../storage/port.ts";
import { dayOf } from "../tally.ts";

const DAY = 86_400_000;
const READ = 1000;

/** For the auditor (policy 8): how often each agency asked on each of the last UTC days, today included, and the tickets. No value, and nothing of what came of it. */
export async function deconflictionReport(
  storage: Storage,
  moment: Moment,
  days: number,
): Promise<DeconflictionReport> {
  const from = (Math.floor(moment.now / DAY) - days + 1) * DAY;
  const found = new Map<string, DeconflictionReport["days"][number]>();
  let after: { value: number; id: string } | undefined;
  for (;;) {
    const page = await storage.collection(DeconflictionTickets).scan({
      ...{ index: "at", prefixes: [[]], from, limit: READ },
      ...(after === undefined ? {} : { after }),
    });
    for (const { id, agency, at } of page) {
      const day = dayOf(at);
      const held = found.get(`${day}|${agency}`) ?? { day, agency, asks: 0, limit: DECONFLICTION.aDay, tickets: [] };
      found.set(`${day}|${agency}`, { ...held, asks: held.asks + 1, tickets: [...held.tickets, id] });
      after = { value: at, id };
    }
    if (page.length < READ) break;
  }
  const order = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  // By day and id, so that the order of asking within a day says nothing.
  return { days: order.map(([, day]) => ({ ...day, tickets: day.tickets.sort() })) };
}
