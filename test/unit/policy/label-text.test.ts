import { labelText } from "../../../server/policy/label-text.ts";
import { labels } from "../../support/policy-cases.ts";
test("x – y – z", () => {
  const l = labels.B1;
  if (l === undefined) throw new Error("x");
  expect(labelText(l).slice(0, 10)).toBe('{"caveats"');
});
