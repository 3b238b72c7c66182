import { liftStix20 } from "../../server/formats/lift-stix20.ts";
import { stixVerdict } from "../../server/pipeline/stix-verdict.ts";
import type { Json } from "./case-objects.ts";

const observation: Json = {
  type: "observed-data",
  id: "observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
  created: "2026-04-11T09:30:00.000Z",
  modified: "2026-04-11T09:30:00.000Z",
  first_observed: "2026-04-11T09:30:00Z",
  last_observed: "2026-04-11T09:30:00Z",
  number_observed: 1,
  objects: {
    "0": { type: "process", pid: 7, created: "2026-04-11T09:30:00Z", binary_ref: "1", opened_connection_refs: ["2"] },
    "1": {
      type: "file",
      name: "a.exe",
      hashes: { MD5: "0".repeat(32) },
      created: "2026-04-11T09:30:00Z",
      parent_directory_ref: "5",
    },
    "2": {
      type: "network-traffic",
      protocols: ["tcp", "http"],
      dst_ref: "3",
      src_port: 49152,
      dst_port: 80,
      extensions: {
        "http-request-ext": { request_method: "get", request_value: "/", request_header: { Host: "a.example" } },
      },
    },
    "3": { type: "domain-name", value: "a.example", resolves_to_refs: ["4"] },
    "4": { type: "ipv4-addr", value: "192.0.2.7" },
    "5": { type: "directory", path: "C:\\a" },
    "6": { type: "email-message", is_multipart: false, additional_header_fields: { "Reply-To": "b@a.example" } },
    "7": { type: "x509-certificate", issuer: "C=KR" },
  },
};

test("liftStix20 – an observation of many types – observables that are valid 2.1 to the last rule, under ids that stay", () => {
  const lifted = liftStix20(observation);
  if ("problem" in lifted) throw new Error(lifted.problem.message);
  const objects = lifted.objects.map(({ object }) => object as Json);
  expect(objects.map((object) => stixVerdict(object).errors)).toEqual(objects.map(() => []));
  expect(objects.map(({ id }) => String(id)[String(id).length - 22]).join("")).toBe("455555444");
  expect(liftStix20(observation)).toEqual(lifted);
  const [process, , traffic, , , , message] = objects;
  expect(process).toMatchObject({ created_time: "2026-04-11T09:30:00Z", image_ref: objects[1]?.id });
  expect(traffic?.extensions).toMatchObject({ "http-request-ext": { request_header: { Host: ["a.example"] } } });
  expect(message?.additional_header_fields).toEqual({ "Reply-To": ["b@a.example"] });
});
