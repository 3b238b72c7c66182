import { Tokenizer } from "htmlparser2";

/** What a saved page says: its text as lines, and of its head the title and the address that it calls its own. */
export interface PageText {
  readonly text: string;
  readonly title?: string;
  readonly link?: string;
}

const words = (names: string): ReadonlySet<string> => new Set(names.split(" "));
/** What a reader of the page does not read as its text. */
const SKIPPED = words(
  "script style nav template noscript svg math iframe object canvas audio video select button head",
);
/** The tokenizer itself takes what is in these as it stands, up to the end tag. */
const RAW = words("script style");
const HEADINGS = words("h1 h2 h3 h4 h5 h6");
const BLOCKS = words(
  "address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu ol option p pre section summary table tbody textarea tfoot thead tr ul",
);
const CELLS = words("td th");
const LONGEST_TITLE = 300;

const squeezed = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, LONGEST_TITLE);

/** Callbacks of the tokenizer. No tree is built and no stack kept, so a page nested without end costs no more than any other. */
class Page {
  readonly out: string[] = [];
  title = "";
  link = "";
  private readonly source: string;
  private tag = "";
  private inTitle = false;
  /** The element that is left out, how often it is open within itself, and where it started in `out`. */
  private skipped: { readonly name: string; depth: number; readonly from: number } | undefined;
  private attribute = "";
  private attributes: Map<string, string> | undefined;

  constructor(source: string) {
    this.source = source;
  }

  private say(text: string): void {
    if (this.inTitle) {
      if (this.title.length < 4 * LONGEST_TITLE) this.title += text;
    } else this.out.push(text);
  }

  private open(name: string): void {
    if (name === "title" && this.title === "") this.inTitle = true;
    if (name === "link") this.readLink();
    // A head that is never closed ends where the body begins.
    if (name === "body" && this.skipped?.name === "head") this.skip("head", -1);
    if (SKIPPED.has(name)) this.skip(name, 1);
    if (BLOCKS.has(name)) this.out.push("\n");
    if (HEADINGS.has(name)) this.out.push("# ");
    if (CELLS.has(name)) this.out.push("\t");
  }

  private close(name: string): void {
    if (name === "title") this.inTitle = false;
    if (SKIPPED.has(name)) this.skip(name, -1);
    if (BLOCKS.has(name) || CELLS.has(name)) this.out.push(CELLS.has(name) ? "\t" : "\n");
  }

  private skip(name: string, step: 1 | -1): void {
    if (this.skipped === undefined) {
      if (step > 0) this.skipped = { name, depth: 1, from: this.out.length };
    } else if (this.skipped.name === name) {
      this.skipped.depth += step;
      if (this.skipped.depth > 0) return;
      this.out.length = this.skipped.from;
      this.out.push(" ");
      this.skipped = undefined;
    }
  }

  private readLink(): void {
    if (this.link === "" && this.attributes?.get("rel")?.toLowerCase() === "canonical")
      this.link = this.attributes.get("href") ?? "";
  }

  /** What was opened to be left out and never closed is page all the same: nothing of it is lost. Code and style sheets are none. */
  end(): string {
    if (this.skipped !== undefined && RAW.has(this.skipped.name)) this.out.length = this.skipped.from;
    return this.out.join("");
  }

  onattribname(start: number, end: number): void {
    this.attribute = this.source.slice(start, end).toLowerCase();
  }
  onattribdata(start: number, end: number): void {
    if (this.tag !== "link" || end - start > 4096) return;
    this.attributes ??= new Map();
    if (this.attributes.size < 50)
      this.attributes.set(this.attribute, (this.attributes.get(this.attribute) ?? "") + this.source.slice(start, end));
  }
  onattribentity(code: number): void {
    const held = this.tag === "link" ? this.attributes?.get(this.attribute) : undefined;
    if (held !== undefined) this.attributes?.set(this.attribute, held + String.fromCodePoint(code));
  }
  onattribend(): void {}
  oncdata(start: number, end: number, offset: number): void {
    this.say(this.source.slice(start, end - offset));
  }
  onclosetag(start: number, end: number): void {
    this.close(this.source.slice(start, end).toLowerCase());
  }
  oncomment(): void {}
  ondeclaration(): void {}
  onend(): void {}
  onopentagend(): void {
    this.open(this.tag);
  }
  onopentagname(start: number, end: number): void {
    this.tag = this.source.slice(start, Math.min(end, start + 100)).toLowerCase();
    this.attributes = undefined;
  }
  onprocessinginstruction(): void {}
  onselfclosingtag(): void {
    // Only drawings close themselves; elsewhere HTML takes the slash for nothing.
    if (this.tag !== "svg" && this.tag !== "math") this.open(this.tag);
  }
  ontext(start: number, end: number): void {
    this.say(this.source.slice(start, end));
  }
  ontextentity(code: number): void {
    this.say(String.fromCodePoint(code));
  }
}

/**
 * The text of a saved web page: blocks as lines, table cells apart, entities resolved, scripts, styles and navigation left out. Whatever the
 * input is, it takes one pass and throws nothing.
 */
export function htmlText(source: string): PageText {
  const page = new Page(source);
  const tokenizer = new Tokenizer({ decodeEntities: true }, page);
  tokenizer.write(source);
  tokenizer.end();
  const text = page.end();
  const [title, link] = [squeezed(page.title), squeezed(page.link)];
  return {
    text,
    ...(title === "" ? {} : { title }),
    ...(/^https?:\/\//i.test(link) ? { link } : {}),
  };
}
