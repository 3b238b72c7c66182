import { drawn } from "../support/drawn.ts";
import { SEATS } from "./seats.ts";
import { twinSuite } from "./twin-suite.ts";

jest.setTimeout(600_000);

describe("twin worlds, through the eyes of a feed, a client, a releaser and one more analyst", () => {
  twinSuite([5, 7, 4, 6].slice(0, drawn(4, 1, 2)).flatMap((n) => SEATS[n] ?? []));
});
