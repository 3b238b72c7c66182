import fc from "fast-check";
import { liftPattern } from "../../../server/formats/lift-pattern.ts";
import { parsePattern } from "../../../server/pipeline/pattern/parse.ts";
import { printPattern } from "../../../server/pipeline/pattern/print.ts";
import { patterns } from "../../support/pattern-arbitraries.ts";

test.each([
  ["[file:created > t'2018-01-01T00:00:00Z']", "[file:ctime > t'2018-01-01T00:00:00Z']"],
  ["[ file : created = 1 /* file:created */ ]", "[ file:ctime = 1 /* file:created */ ]"],
  ["[file:'created' = 1 OR directory:accessed = 2]", "[file:ctime = 1 OR directory:atime = 2]"],
  ["[process:binary_ref.created = 1]", "[process:image_ref.ctime = 1]"],
  ["[process:child_refs[*].binary_ref.name = 'x']", "[process:child_refs[*].image_ref.name = 'x']"],
  ["[file:parent_directory_ref.modified = 1]", "[file:parent_directory_ref.mtime = 1]"],
  ["[directory:contains_refs[*].created = 1]", "[directory:contains_refs[*].ctime = 1]"],
  ["[EXISTS user-account:password_last_changed]", "[EXISTS user-account:credential_last_changed]"],
  ["[windows-registry-key:modified IN (1)]", "[windows-registry-key:modified_time IN (1)]"],
  [
    "([file:created = 1] AND [process:created = 2]) START '2018-01-01T00:00:00Z' STOP '2018-01-02T00:00:00Z'",
    "([file:ctime = 1] AND [process:created_time = 2]) START t'2018-01-01T00:00:00Z' STOP t'2018-01-02T00:00:00Z'",
  ],
])("liftPattern – %s – %s", (given, wanted) => {
  expect(liftPattern(given)).toBe(wanted);
  expect(liftPattern(wanted)).toBe(wanted);
});

test.each([
  "[file:ctime = 1]",
  "[x-file:created = 1]",
  "[file:x_created = 1 AND file:extensions.'x-ext'.created = 1]",
  "[file:hashes.created = 'x']",
  "[file:name = 'file:created']",
  "[file:created = 1",
  "[file:created = '",
  "",
])("liftPattern – %s – as it is", (given) => {
  expect(liftPattern(given)).toBe(given);
});

test("liftPattern – any pattern of 2.1 without an older name – as it is", () => {
  fc.assert(
    fc.property(patterns(), (pattern) => {
      const text = printPattern(pattern);
      expect(liftPattern(text)).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test("liftPattern – any text – never throws, and what it lifts is still a pattern", () => {
  const word = fc.constantFrom(
    "[",
    "]",
    "file:created",
    "=",
    "'x'",
    "START",
    "STOP",
    " ",
    "'",
    "\\",
    "/*",
    "//",
    "AND",
    "t'",
    "(",
    ")",
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 20 }).map((words) => words.join(" ")),
      (text) => {
        const lifted = liftPattern(text);
        if ("tree" in parsePattern(text)) expect("tree" in parsePattern(lifted)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});
