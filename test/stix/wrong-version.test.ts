import { stixVerdict } from "../../server/pipeline/stix-verdict.ts";
import { validate } from "../../server/pipeline/validate.ts";

const identity = { type: "identity", id: "identity--8", created: "2026-04-11T09:30:00Z", confidence: 101 };

test.each<readonly [string, object, string]>([
  ["no spec_version", {}, "stix.version_2_0"],
  ["that of STIX 2.0", { spec_version: "2.0" }, "stix.version_2_0"],
  ["one that does not exist", { spec_version: "2.2" }, "stix.spec_version"],
  ["a number", { spec_version: 2.1 }, "stix.spec_version"],
])("validateStix – %s, and other faults – all of them are told, the version once", (_, version, code) => {
  const { valid, errors } = stixVerdict({ ...identity, ...version });
  expect(valid).toBe(false);
  expect(errors.map((error) => `${error.code} ${error.path}`).sort()).toEqual(
    [
      `${code} spec_version`,
      "stix.id id",
      "stix.range confidence",
      "stix.required modified",
      "stix.required name",
      "stix.timestamp_precision created",
    ].sort(),
  );
});

test("validate – an object of STIX 2.0 with other faults – refused as one of STIX 2.0, with nothing else said of it", () => {
  expect(validate(identity).errors.map(({ code }) => code)).toEqual(["stix.version_2_0"]);
});
