import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ensureBuilt } from "../support/real-server.ts";

/** The first block of code of a language in a document, and the block after it, which says what it prints. */
function blocks(document: string, language: string): readonly [code: string, prints: string] {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\`\\n\\nprints\\n\\n\`\`\`\\n([\\s\\S]*?)\`\`\``).exec(
    readFileSync(document, "utf8"),
  );
  return [found?.[1] ?? "", found?.[2] ?? ""];
}

test.each([
  ["docs/stix.md", "js", (code: string) => [process.execPath, "--input-type=module", "-e", code]],
  ["docs/patterns.md", "sh", (code: string) => ["sh", "-c", code]],
] as const)(
  "what %s shows of the library – run from what was built – prints what it says",
  async (document, language, commandOf) => {
    await ensureBuilt();
    const [code, prints] = blocks(document, language);
    const [program = "", ...args] = commandOf(code);
    expect(prints.length).toBeGreaterThan(100);
    expect(execFileSync(program, args, { encoding: "utf8" })).toBe(prints);
  },
);
