import { drawn } from "../support/drawn.ts";
import { SEATS } from "./seats.ts";
import { twinSuite } from "./twin-suite.ts";

jest.setTimeout(600_000);

/** In two files, so that two cores share the work; in a full run all seats, each time three or four of each file. */
describe("twin worlds, through analysts' eyes, and those of a signer, an administrator and a liaison", () => {
  twinSuite([0, 10, 11, 9, 3, 1, 2].slice(0, drawn(7, 1, 4)).flatMap((n) => SEATS[n] ?? []));
});
