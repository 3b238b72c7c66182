import { mongoSource } from "./mongo-server.ts";

const HOW = "set MONGODB_URI, put mongod on the path, or run `node scripts/python.mjs mongo`";

/** Defines a suite where a MongoDB server is to be had; else one test says loudly that it did not run, and fails with `CI=true`. */
export function withMongo(name: string, suite: () => void): void {
  if (mongoSource() !== undefined) {
    suite();
    return;
  }
  test(`${name} – a MongoDB server – is there, or CI fails`, () => {
    const words = `${name}: DID NOT RUN, there is no MongoDB server (${HOW})`;
    if (process.env.CI === "true") throw new Error(words);
    console.warn(words);
  });
}
