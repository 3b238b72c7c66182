import { Fault } from "../shared/fault.ts";
import { MAX_DEPTH } from "./parse-json.ts";

/** Bytes that one object, or all that stands around the list of objects, may have. It bounds what a stream holds. */
const LARGEST_PART = 16 * 1024 * 1024;
const [QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d,
];
/** Names of the list in its wrapper: of STIX, and of the answer to a search in MISP. */
const LISTS = ["objects", "response"];

/** `around`: outside the list; then before a member, after one, or in one of the three shapes of a member. */
type State = "around" | "first" | "before" | "after" | "container" | "string" | "literal";

const blank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Cuts JSON, handed over in pieces, into the members of its list: a top-level list, or the one under `objects` or `response`. Each comes
 * as its bytes, to be parsed by the platform's parser; what stands around the list is kept and parsed at the end. So every byte is
 * judged by that parser, and a hostile input can neither nest nor grow without bound (`input.depth`, `input.object`).
 */
export class JsonSplitter {
  private state: State = "around";
  private depth = 0;
  private inString = false;
  private escaped = false;
  private position = 0;
  /** Depth inside the list; 0 before it starts. */
  private list = 0;
  /** The last string at depth 1 with its quotes, as far as it can be the name of the list; whether a colon follows it. */
  private key: number[] = [];
  private colon = false;
  private part: Uint8Array[] = [];
  private partSize = 0;
  private readonly aroundList: Uint8Array[] = [];
  private aroundSize = 0;
  private readonly names: readonly (readonly number[])[];

  constructor(names: readonly string[] = LISTS) {
    this.names = names.map((name) => [...Buffer.from(`"${name}"`)]);
  }

  private wrong(byte: number): Fault {
    const found = byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)) : "a character";
    const path = `byte ${this.position}`;
    return new Fault("bad_request", `the input is not JSON: ${found} can't stand at ${path}`, {
      code: "input.json",
      path,
    });
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // A copy: the source may use its buffer again.
    const copy = Uint8Array.from(bytes);
    if (this.state === "around" || this.list === 0) {
      this.aroundList.push(copy);
      this.aroundSize += copy.length;
    } else {
      this.part.push(copy);
      this.partSize += copy.length;
    }
    if (this.aroundSize > LARGEST_PART || this.partSize > LARGEST_PART)
      throw new Fault("too_large", `one object of the input is larger than ${LARGEST_PART} bytes`, {
        code: "input.object",
      });
  }

  private takePart(): Uint8Array {
    const whole = Buffer.concat(this.part);
    this.part = [];
    this.partSize = 0;
    return whole;
  }

  private deeper(): void {
    if (++this.depth > MAX_DEPTH)
      throw new Fault("bad_request", `the JSON is nested more than ${MAX_DEPTH} levels deep`, { code: "input.depth" });
  }

  /** The members that end within this piece, as bytes of JSON. */
  push(piece: Uint8Array): Uint8Array[] {
    const done: Uint8Array[] = [];
    let start = 0;
    for (let i = 0; i < piece.length; i++, this.position++) {
      const byte = piece[i] ?? 0;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inString = false;
        if (this.state === "around" && this.depth === 1 && this.key.length < 16) this.key.push(byte);
        if (this.state !== "string" || this.inString) continue;
        this.keep(piece.subarray(start, i + 1));
        done.push(this.takePart());
        this.state = "after";
      } else if (this.state === "around") {
        if (this.around(byte)) {
          this.keep(piece.subarray(start, i + 1));
          this.state = "first";
        }
      } else if (this.state === "container") {
        if (byte === QUOTE) this.inString = true;
        else if (byte === OPEN || byte === OPEN_OBJECT) this.deeper();
        else if ((byte === CLOSE || byte === CLOSE_OBJECT) && --this.depth === this.list) {
          this.keep(piece.subarray(start, i + 1));
          done.push(this.takePart());
          this.state = "after";
        }
      } else {
        if (this.state === "literal" && (blank(byte) || byte === COMMA || byte === CLOSE)) {
          this.keep(piece.subarray(start, i));
          done.push(this.takePart());
          this.state = "after";
        }
        if (this.state === "literal" || blank(byte)) continue;
        start = i;
        this.between(byte);
      }
    }
    if (!/^(?:first|before|after)$/.test(this.state)) this.keep(piece.subarray(start));
    return done;
  }

  /** A byte outside the list, not in a string. True if it opens the list. */
  private around(byte: number): boolean {
    if (byte === QUOTE) {
      this.inString = true;
      if (this.depth === 1) [this.key, this.colon] = [[byte], false];
    } else if (byte === COLON) this.colon = true;
    else if (byte === OPEN || byte === OPEN_OBJECT) {
      const named =
        this.depth === 1 &&
        this.colon &&
        this.names.some((list) => this.key.length === list.length && list.every((b, i) => this.key[i] === b));
      this.deeper();
      if (byte === OPEN && this.list === 0 && (this.depth === 1 || named)) {
        this.list = this.depth;
        return true;
      }
    } else if (byte === CLOSE || byte === CLOSE_OBJECT) this.depth--;
    return false;
  }

  /** A byte that is no blank between two members. */
  private between(byte: number): void {
    if (byte === CLOSE && this.state !== "before") {
      this.depth--;
      this.state = "around";
    } else if (this.state === "after") {
      if (byte !== COMMA) throw this.wrong(byte);
      this.state = "before";
    } else if (byte === COMMA || byte === CLOSE || byte === CLOSE_OBJECT || byte === COLON) throw this.wrong(byte);
    else if (byte === QUOTE) [this.state, this.inString] = ["string", true];
    else if (byte === OPEN || byte === OPEN_OBJECT) {
      this.state = "container";
      this.deeper();
    } else this.state = "literal";
  }

  /** What stands before the list, its bracket included; asked before the list ends. */
  before(): Uint8Array {
    return Buffer.concat(this.aroundList);
  }

  /** What stands around the list, with the list empty; `listed` tells whether there was one. Fault `input.json` if the JSON is cut off. */
  end(): { readonly around: Uint8Array; readonly listed: boolean } {
    if (this.depth > 0 || this.inString || this.state !== "around") {
      const path = `byte ${this.position}`;
      throw new Fault(
        "bad_request",
        `the JSON is cut off: it ends at ${path} before all its lists and objects are closed`,
        {
          code: "input.json",
          path,
        },
      );
    }
    return { around: Buffer.concat(this.aroundList), listed: this.list > 0 };
  }
}
