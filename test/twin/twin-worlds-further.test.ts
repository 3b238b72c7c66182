import { drawn } from "../support/drawn.ts";
import { SEATS } from "./seats.ts";
import { twinSuite } from "./twin-suite.ts";

jest.setTimeout(600_000);

describe("twin worlds, through the eyes of a feed, a client, a releaser, a reviewer, an auditor and one more analyst", () => {
  twinSuite([7, 5, 12, 8, 4, 6].slice(0, drawn(6, 1, 3)).flatMap((n) => SEATS[n] ?? []));
});
