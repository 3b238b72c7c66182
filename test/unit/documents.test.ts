import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const inFolder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => name.endsWith(".md"));
const DOCUMENTS = ["README.md", ...inFolder("docs")];

/** What a heading is reached under, as forges make it. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\s-]/gu, "")
    .replaceAll(" ", "-");
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

/** Files that a document names with their folder, as code. */
const NAMED = /`((?:server|schemas|seed|test|bench|scripts|deploy|docs)\/[\w./-]+\.(?:ts|mjs|cjs|js|json|md|sh))`/g;

test.each(DOCUMENTS)("%s – its links, and the files that it names – are there", (file) => {
  const text = readFileSync(file, "utf8");
  const lost: string[] = [];
  for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [place = "", anchor] = link.split("#");
    const target = place === "" ? file : path.join(path.dirname(file), place);
    if (!existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor))) lost.push(link);
  }
  for (const [, named = ""] of text.matchAll(NAMED)) if (!existsSync(named)) lost.push(named);
  expect(lost).toEqual([]);
});
