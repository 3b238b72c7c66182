import type { RequestListener } from "node:http";
import type { Log } from "../shared/log.ts";
import type { Metrics, Standing } from "./metrics.ts";

/** What the metrics' own listener serves: `GET /metrics` and nothing else. No account is asked for: who reaches it is the operator. */
export const metricsApp =
  (metrics: Metrics, standing: () => Promise<Standing>, log: Log): RequestListener =>
  (req, res) => {
    const refuse = (status: number, words: string, headers: Readonly<Record<string, string>> = {}): void => {
      res.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers });
      res.end(`${words}\n`);
    };
    req.resume();
    if (req.url?.split("?", 1)[0] !== "/metrics") return refuse(404, "here is /metrics alone");
    if (req.method !== "GET") return refuse(405, "only GET is for this path", { Allow: "GET" });
    const told = async (): Promise<string> => metrics.text(await standing());
    told().then(
      (text) => {
        res.writeHead(200, { "Content-Type": metrics.contentType, "Cache-Control": "no-store" });
        res.end(text);
      },
      (error: unknown) => {
        log.error({ err: error }, "the metrics could not be told");
        refuse(503, "not now", { "Retry-After": "1" });
      },
    );
  };
