import { drawn } from "../support/drawn.ts";
import { SEATS } from "./seats.ts";
import { twinSuite } from "./twin-suite.ts";

jest.setTimeout(600_000);

/** In two files, so that two cores share the work; in a full run all seats, each time two of each file. */
describe("twin worlds, through analysts' eyes", () => {
  twinSuite([0, 3, 1, 2].slice(0, drawn(4, 1, 2)).flatMap((n) => SEATS[n] ?? []));
});
