import { drawn } from "../support/drawn.ts";
import { SEATS } from "./seats.ts";
import { twinSuite } from "./twin-suite.ts";

jest.setTimeout(600_000);

describe("twin worlds, through the eyes of a feed, a client, a releaser and one more analyst", () => {
  twinSuite(SEATS.slice(4, drawn(SEATS.length, 5)));
});
