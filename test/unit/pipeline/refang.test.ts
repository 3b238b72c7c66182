import fc from "fast-check";
import { refang } from "../../../server/pipeline/refang.ts";
import cases from "../../cases/canonical.json" with { type: "json" };

const pairs = cases.refang.flatMap(([given, wanted]) =>
  given === undefined || wanted === undefined ? [] : [{ given, wanted }],
);

test.each(pairs)("refang – $given – $wanted", ({ given, wanted }) => {
  expect(refang(given)).toBe(wanted);
});

const parts = fc.constantFrom(
  ..."[ ] ( ) { } . : / \\ a Z 9 - @ 。 dot DOT at hxxp hXXps fxp meow :// [.] (.) {.} [dot] (dot) [at] (at) [:] [://] [@] か \ud800".split(
    " ",
  ),
  " ",
);

test("refang – any text – a second time changes nothing", () => {
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 16 }), (list) => {
      const once = refang(list.join(""));
      expect(refang(once)).toBe(once);
    }),
    { numRuns: 20_000 },
  );
});

test("refang – text without a token – the same text", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-gi-z0-9 .:/@-]{0,60}$/), (text) => {
      fc.pre(!/fxp|meow/i.test(text));
      expect(refang(text)).toBe(text);
    }),
  );
});

test("refang – a megabyte of nested brackets or tokens – linear", () => {
  expect(refang(`${"[".repeat(300_000)}.${"]".repeat(300_000)}`)).toBe(".");
  expect(refang("a[.]".repeat(250_000))).toBe("a.".repeat(250_000));
});
