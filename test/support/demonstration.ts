import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SeedAccount, SeedOrder } from "../../seed/shapes.ts";
import { type AccountDoc, AgencyDoc, AgreementDoc } from "../../server/storage/documents.ts";

/** Who takes part and what is agreed. */
export interface Directory {
  readonly agencies: readonly AgencyDoc[];
  readonly accounts: readonly AccountDoc[];
  readonly agreements: readonly AgreementDoc[];
  readonly orders: readonly SeedOrder[];
}

const seedFile = (name: string): string => join(import.meta.dirname, "..", "..", "seed", name);
let demonstration: Promise<Directory> | undefined;
/** The demonstration group of `seed/`, read once. */
export const demonstrationGroup = (): Promise<Directory> => {
  demonstration ??= readDemonstration();
  return demonstration;
};

async function readDemonstration(): Promise<Directory> {
  const read = async <T>(name: string, shape: z.ZodType<T>): Promise<T[]> =>
    z.array(shape).parse(JSON.parse(await readFile(seedFile(name), "utf8")));
  return {
    agencies: await read("agencies.json", AgencyDoc),
    accounts: (await read("accounts.json", SeedAccount)).map(({ keyScopes: _, ...account }) => account),
    agreements: await read("agreements.json", AgreementDoc),
    orders: await read("orders.json", SeedOrder),
  };
}
