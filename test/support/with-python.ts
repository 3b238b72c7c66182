import { pythonWithClients } from "../../bench/python-script.ts";

const HOW = "`node scripts/python.mjs` makes one, or TRICORD_PYTHON names it";

/** Defines a suite where Python and the clients are there; else one test says loudly that it did not run, and fails with `CI=true`. */
export function withPython(name: string, suite: (python: string) => void): void {
  const python = pythonWithClients();
  if (python !== undefined) {
    suite(python);
    return;
  }
  test(`${name} – a Python with the clients – is there, or CI fails`, () => {
    const words = `${name}: DID NOT RUN, there is no Python with the clients (${HOW})`;
    if (process.env.CI === "true") throw new Error(words);
    console.warn(words);
  });
}
