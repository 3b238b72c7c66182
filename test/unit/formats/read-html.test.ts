import fc from "fast-check";
import { MENTION_EXTENSION } from "../../../schemas/stix/mention.ts";
import { htmlText } from "../../../server/formats/html-text.ts";
import { readHtml } from "../../../server/formats/read-html.ts";
import { readStream } from "../../../server/formats/read-stream.ts";
import type { Item, StixJson } from "../../../server/pipeline/steps.ts";
import { aTurn, LINEAR } from "../../support/linear.ts";
import { faultOf, found, line, objectOf, read } from "./support.ts";

const page = (body: string, head = ""): string =>
  `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">${head}</head><body>${body}</body></html>`;
const streamed = async (bytes: Uint8Array, piece: number): Promise<Item[]> => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const items: Item[] = [];
  for await (const group of readStream(pieces(), { limits: { inflated: 1e9 } })) items.push(...group);
  return items;
};

test.each<[string, string, string[]]>([
  [
    "a paragraph",
    "<p>Traffic to 192.0.2.7 and evil[.]example.</p>",
    ["ipv4-addr 192.0.2.7", "domain-name evil.example"],
  ],
  ["markup within a value", "<p>hxxps://evil<b>[.]</b>exam<span>ple</span>/a</p>", ["url https://evil.example/a"]],
  [
    "lines by <br>",
    "192.0.2.7<br>192.0.2.8<br/>192.0.2.9",
    ["ipv4-addr 192.0.2.7", "ipv4-addr 192.0.2.8", "ipv4-addr 192.0.2.9"],
  ],
  [
    "cells of a table",
    "<table><tr><td>192.0.2.7</td><td>evil[.]example</td></tr><tr><td>192.0.2.8<td>c2[.]evil[.]example</table>",
    ["ipv4-addr 192.0.2.7", "domain-name evil.example", "ipv4-addr 192.0.2.8", "domain-name c2.evil.example"],
  ],
  ["entities", "hxxp:&#47;&#x2F;evil[&#46;]example/a?b=1&amp;c=2&nbsp;next", ["url http://evil.example/a?b=1&c=2"]],
  [
    "characters of no width",
    "evil&#8203;[.]exam&shy;ple and e&ZeroWidthSpace;vil2[.]example<wbr>",
    ["domain-name evil.example", "domain-name evil2.example"],
  ],
  ["items of a list", "<ul><li>192.0.2.7<li>192.0.2.8</ul>", ["ipv4-addr 192.0.2.7", "ipv4-addr 192.0.2.8"]],
  [
    "listings",
    "<pre>192.0.2.7\n192.0.2.8</pre><textarea>192.0.2.9\n198.51.100.1</textarea>",
    ["ipv4-addr 192.0.2.7", "ipv4-addr 192.0.2.8", "ipv4-addr 192.0.2.9", "ipv4-addr 198.51.100.1"],
  ],
  [
    "scripts, styles, navigation and comments",
    `<script>var a="192.0.2.1"</script><style>a{b:url(http://192.0.2.2/)}</style><nav>192.0.2.3<nav>192.0.2.4</nav>192.0.2.5</nav><!-- 192.0.2.6 --><noscript>192.0.2.8</noscript><svg><text>192.0.2.9</text></svg><svg/>192.0.2.7`,
    ["ipv4-addr 192.0.2.7"],
  ],
  [
    "targets of links",
    `<a href="http://192.0.2.1/">see 192.0.2.7</a><img src="http://192.0.2.2/x.png" alt="192.0.2.3">`,
    ["ipv4-addr 192.0.2.7"],
  ],
  [
    "live links of a page that defangs",
    "<p>See vendor.example.com/blog. C2: evil[.]example</p>",
    ["domain-name evil.example"],
  ],
  ["navigation that never ends", "192.0.2.7<nav><p>192.0.2.8", ["ipv4-addr 192.0.2.7", "ipv4-addr 192.0.2.8"]],
  ["a script that never ends", "192.0.2.7<script>192.0.2.8", ["ipv4-addr 192.0.2.7"]],
  ["the same value twice", "192.0.2.7 192.0.2[.]7", ["ipv4-addr 192.0.2.7"]],
])("HTML – %s – the values that a reader of the page sees", async (_, body, wanted) => {
  const text = page(body);
  expect(read(text).format).toBe("html");
  expect(found(text)).toEqual(wanted);
  expect((await streamed(Buffer.from(text), 11)).map(line)).toEqual(wanted);
});

test("HTML – title and address of the page – beside each value, and no place in a text that nobody sent", () => {
  const head = `<title>Wallet &amp;\n drainers</title><link rel="canonical" href="https://vendor.example/a?b=1&amp;c=2"><link rel="x" href="y">`;
  const [item] = read(page("<p>hxxp://evil[.]example</p>", head)).items;
  expect(item).toEqual({ index: 0, object: objectOf(item), given: "hxxp://evil[.]example" });
  expect((objectOf(item).extensions as StixJson)[MENTION_EXTENSION]).toEqual({
    extension_type: "property-extension",
    link: "https://vendor.example/a?b=1&c=2",
    context: { title: "Wallet & drainers" },
  });
});

test.each([
  ["a doctype", "<!doctype HTML><p>192.0.2.7", "html"],
  ["an html tag after a mark and blanks", "\ufeff \n<html><p>192.0.2.7", "html"],
  ["a declaration of XML and a comment", '<?xml version="1.0"?>\n<!-- saved -->\n<HTML xmlns="x">192.0.2.7', "html"],
  ["a body alone", "<body>192.0.2.7", "html"],
  ["a tag of another kind", "<p>evil[.]example", "text"],
  ["other XML", "<rss><item>evil[.]example</item></rss>", "text"],
])("HTML – %s – told by how it starts", (_, text, format) => {
  expect(read(text).format).toBe(format);
});

test("HTML – forced – read as a page whatever it starts with", () => {
  expect(found("<p>192.0.2.7<nav>192.0.2.8</nav>", "html")).toEqual(["ipv4-addr 192.0.2.7"]);
});

test("HTML – a Korean and a Japanese page in encodings of their own – read as they say", () => {
  const korean = Buffer.concat([
    Buffer.from('<html><meta charset="euc-kr"><title>'),
    Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]),
    Buffer.from("</title>192.0.2.7"),
  ]);
  const japanese = Buffer.concat([
    Buffer.from('<html><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><title>'),
    Buffer.from([0x93, 0xfa, 0x96, 0x7b]),
    Buffer.from("</title>192.0.2.7"),
  ]);
  const titles = [korean, japanese].map((bytes) => {
    const [item] = read(bytes).items;
    return ((objectOf(item).extensions as StixJson)[MENTION_EXTENSION] as StixJson).context;
  });
  expect(titles).toEqual([{ title: "한글" }, { title: "日本" }]);
});

test.each<[string, Uint8Array, string]>([
  ["an encoding that there is not", Buffer.from("<html><meta charset=klingon>192.0.2.7"), "input.charset"],
  [
    "bytes that are not of its encoding",
    Buffer.concat([Buffer.from("<html><meta charset=euc-kr>"), Buffer.from([0xff, 0xff])]),
    "input.charset",
  ],
  ["bytes that are no UTF-8", Buffer.concat([Buffer.from("<html>"), Buffer.from([0xff])]), "input.utf8"],
])("HTML – %s – refused whole", async (_, bytes, code) => {
  expect(faultOf(() => read(bytes))).toMatchObject({ code, kind: "bad_request" });
  await expect(streamed(bytes, 5)).rejects.toMatchObject({ code });
});

const piece = fc.oneof(
  fc.constantFrom(
    "<",
    ">",
    "</",
    "<!--",
    "-->",
    "<nav>",
    "</nav>",
    "<script>",
    "</script>",
    "<title>",
    "<link rel=canonical href=",
    '"',
    "'",
    "&",
    "&#",
    "&#x",
    ";",
    "&amp",
    "<![CDATA[",
    "<?",
    "192.0.2.7",
    "evil[.]example",
    "\u0000",
    "\ud800",
    "=",
    "/",
    " ",
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);
test("HTML – any mess of tags, entities and text – a text, nothing thrown", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const source = pieces.join("");
      expect(typeof htmlText(source).text).toBe("string");
      expect(Array.isArray(readHtml(source))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

const MB = 1_048_576 / 4;
test.each<[string, string]>([
  ["open tags", "<a>".repeat(3 * MB)],
  ["open tags and end tags of another", "<b>".repeat(1.5 * MB) + "</i>".repeat(1.2 * MB)],
  ["open navigation", "<nav>".repeat(2 * MB)],
  ["attributes in one tag", `<p ${"a=b ".repeat(2.5 * MB)}>`],
  ["less-than signs", "<".repeat(10 * MB)],
  ["ampersands", "&".repeat(10 * MB)],
  ["the start of comments", "<!--".repeat(2.5 * MB)],
  ["a title without end", `<title>${"a ".repeat(5 * MB)}`],
  ["links", '<link rel=canonical href="'.repeat(MB / 3)],
])(
  "HTML – megabytes of %s – one pass",
  async (_, source) => {
    expect(typeof htmlText(source).text).toBe("string");
    await aTurn();
  },
  LINEAR,
);

test(
  "HTML – megabytes of an ordinary page – read in linear time",
  async () => {
    const row =
      "<tr><td>2026-04-11</td><td>hxxps://c2-NUMBER[.]evil[.]example/gate.php?id=NUMBER</td><td>Loader &amp; stager seen at an exchange</td></tr>\n";
    const source = page(
      `<table>${Array.from({ length: 20_000 }, (_, i) => row.replaceAll("NUMBER", String(i))).join("")}</table>`,
    );
    expect(source.length).toBeGreaterThan(9 * MB);
    expect(readHtml(source)).toHaveLength(20_000);
    await aTurn();
  },
  LINEAR,
);
