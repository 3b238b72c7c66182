import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { build } from "esbuild";

/**
 * `node scripts/bundle.mjs FOLDER`: the programs and what they need of ours and of packages, in a few files (ADR 0031). To find, read and compile a file for each of
 * 900 modules took a server's start longer than all that it does. Types are not looked at here: `npm run types` does.
 */
const ROOT = resolve(import.meta.dirname, "..");
const DIST = join(ROOT, "dist");
const folder = resolve(process.argv[2] ?? DIST);
const sourceOf = (name) => join(ROOT, `${name}.ts`);
/** The image has no bench. */
const PROGRAMS = ["server/main", "server/cli/main", "server/ingest-worker", "server/standards-worker", "bench/main"];
/** What docs/stix.md and docs/patterns.md say others can import. */
const LIBRARY = [
  ...["beyond", "succession", "validate-stix"].map((name) => `schemas/stix/validate/${name}`),
  "schemas/stix/id-contributing",
  ...["check", "loose", "match", "normal", "parse"].map((name) => `server/pipeline/pattern/${name}`),
];
/** Native, or read as files, or loaded by few, or of an old kind that Node warns of where it is in nobody's package. */
const NOT_BUNDLED = ["better-sqlite3", "@node-rs/argon2", "swagger-ui-dist", "mongoose", "passport-http"];

/**
 * Each program keeps its own name for who starts it. Before it is loaded, stacks are told to name our files; and Node, from 22 on, keeps what it compiled, beside the
 * bundle and where it may write there.
 */
const START = (program) => `import * as module from "node:module";
import { join } from "node:path";
process.setSourceMapsEnabled(true);
module.enableCompileCache?.(join(import.meta.dirname, "${relative(dirname(program), ".compiled")}"));
await import("./${basename(inner(program))}.js");
`;
const inner = (program) => `${program}.program`;

const bundle = async (names, inDist) => {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(names.map((name) => [inDist(name), sourceOf(name)])),
    // Where it will stand: the maps name our files from there.
    outdir: DIST,
    write: false,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: NOT_BUNDLED,
    sourcemap: true,
    sourcesContent: false,
    // Packages that are CommonJS ask for what is Node's own.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    logLevel: "warning",
  });
  return outputFiles;
};
const write = (name, text) => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};
const programs = PROGRAMS.filter((program) => existsSync(sourceOf(program)));
const files = [await bundle(programs, inner), await bundle(LIBRARY, (name) => name)].flat();
for (const { path, contents } of files) write(relative(DIST, path), contents);
for (const program of programs) write(`${program}.js`, START(program));
