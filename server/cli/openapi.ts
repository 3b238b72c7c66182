import type { Command } from "commander";
import type { Route } from "../http/route.ts";

/** `openapi`: prints the document that `docs/openapi.json` holds. */
export function addOpenapiCommand(
  program: Command,
  routes: () => Promise<readonly Route[]>,
  write: (text: string) => void = (text) => process.stdout.write(text),
): void {
  program
    .command("openapi")
    .description("print the OpenAPI document (docs/openapi.json is made with it)")
    .action(async () => {
      const { openapiText } = await import("../http/openapi.ts");
      write(openapiText(await routes()));
    });
}
