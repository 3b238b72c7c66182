import { drawn } from "../support/drawn.ts";
import { SEATS } from "./seats.ts";
import { twinSuite } from "./twin-suite.ts";

jest.setTimeout(600_000);

/** In two files, so that two cores share the work. */
describe("twin worlds, through analysts' eyes", () => {
  twinSuite(SEATS.slice(0, drawn(4, 1)));
});
