import { z } from "zod";
import { IngestQuery, IngestReply, JobReply } from "../../../schemas/api/ingest.ts";
import { Fault } from "../../shared/fault.ts";
import type { PostAsk } from "../../usecases/ingest-post.ts";
import type { Intake } from "../../usecases/intake.ts";
import { LABEL_HEADER, labelText } from "../label-header.ts";
import { bytes, type Route, route } from "../route.ts";

const MAP_HEADER = "tricord-column-map";

function mapName(header: string | string[] | undefined): { map?: string } {
  if (header === undefined) return {};
  if (Array.isArray(header) || header.includes(","))
    throw new Fault("bad_request", "Tricord-Column-Map names one map", { code: "csv.map_repeated", path: MAP_HEADER });
  return { map: header };
}

/** The format as asked for; else what says it is JSON is read as STIX or MISP and as nothing else; else the content decides. */
function formatOf(asked: PostAsk["format"], type: string): Pick<PostAsk, "format"> {
  if (asked !== undefined) return { format: asked };
  if (type === "application/json" || type.endsWith("+json")) return { format: "json" };
  if (type === "text/html" || type === "application/xhtml+xml") return { format: "html" };
  return type === "text/csv" ? { format: "csv" } : {};
}

/** Posting content. What is over the inline limit by the bytes sent goes the streaming way and is answered with a job. */
export function ingestRoutes(intake: Intake): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/ingest",
      summary:
        "Post STIX 2.1 or 2.0, MISP, CSV, HTML or text, plain or gzip; the label comes in the header Tricord-Label",
      tag: "ingest",
      needs: "post",
      query: IngestQuery,
      body: bytes(intake.uploadLimit),
      reads: {
        "Tricord-Label": "The sharing label of the batch, as JSON (LabelRequest)",
        "Tricord-Column-Map": "The name of a saved column map of your agency, for a table",
      },
      replies: { 200: IngestReply, 202: JobReply, 422: IngestReply },
      handler: async ({ query, body, headers, account, moment }) => {
        const ask = {
          account: account.id,
          ...(account.agency === undefined ? {} : { agency: account.agency }),
          ...formatOf(query.format, body.type),
          ...(query.preset === undefined ? {} : { preset: query.preset }),
          ...mapName(headers[MAP_HEADER]),
          dryRun: query.dry_run === "true",
        };
        const label = labelText(headers[LABEL_HEADER]);
        const asked = { ...ask, ...(label === undefined ? {} : { label }) };
        const taken = await intake.take(body, asked, moment);
        if ("job" in taken) return { status: 202, body: taken, headers: { Location: `/api/v1/jobs/${taken.job}` } };
        return { status: taken.status, raw: taken.reply };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/jobs/{job}",
      summary: "How far a large post of yours is",
      tag: "ingest",
      needs: "post",
      params: z.strictObject({ job: z.string().max(100) }),
      replies: { 200: JobReply },
      handler: async ({ params, account }) => ({ status: 200, body: await intake.job(account.id, params.job) }),
    }),
  ];
}
