import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;
export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What must never reach a log, wherever in a record it stands (one level deep as well). */
const SECRETS = [
  "authorization",
  "cookie",
  "password",
  "accessToken",
  "refreshToken",
  "token",
  "apiKey",
  "key",
  "secret",
  '["x-api-key"]',
  '["set-cookie"]',
];

/** A JSON-lines logger; `to` defaults to standard error, so that a command's standard output stays its own. */
export const makeLog = (level: LogLevel, to: DestinationStream = pino.destination({ fd: 2, sync: true })): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*${name.startsWith("[") ? name : `.${name}`}`]),
        censor: "[redacted]",
      },
    },
    to,
  );
