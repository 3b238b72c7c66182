import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The project's folder, where `seed/` is: the nearest above this file that has a `package.json`, whether this runs from source or out of `dist/`. */
export function projectRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder))
    if (existsSync(join(folder, "package.json")) || folder === dirname(folder)) return folder;
}
