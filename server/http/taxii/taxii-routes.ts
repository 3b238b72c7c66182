import type { Route } from "../route.ts";
import { collectionRoutes } from "./collections.ts";
import { objectRoutes } from "./object.ts";
import { objectsRoutes } from "./objects.ts";
import type { TaxiiParts } from "./parts.ts";
import { rootRoutes } from "./roots.ts";

/** The whole TAXII 2.1 server: discovery, the API root of the working group, its collections. */
export const taxiiRoutes = (parts: TaxiiParts): Route[] => [
  ...rootRoutes(parts),
  ...collectionRoutes(parts),
  ...objectsRoutes(parts),
  ...objectRoutes(parts),
];
