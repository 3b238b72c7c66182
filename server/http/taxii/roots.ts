import { TaxiiApiRoot } from "../../../schemas/taxii/api-root.ts";
import { TaxiiDiscovery } from "../../../schemas/taxii/discovery.ts";
import { type Route, route } from "../route.ts";
import { TAXII_TYPE } from "./media-type.ts";
import type { TaxiiParts } from "./parts.ts";
import { checkRoot, RootParams, taxii } from "./taxii-route.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address of an API root: absolute, since one client takes it as it is. Plain HTTP to another machine is no address that TAXII allows, so that
 * then the path alone is given, for clients to resolve (TAXII 2.1 sections 4.1.1 and 8.5.1).
 */
export function rootUrl(publicUrl: string, group: string): string {
  const { protocol, hostname } = new URL(publicUrl);
  const path = `/taxii2/${group}/`;
  return protocol === "https:" || LOOPBACK.test(hostname) ? `${publicUrl}${path}` : path;
}

/** Discovery and the API root (TAXII 2.1 sections 4.1 and 4.2). */
export function rootRoutes(parts: TaxiiParts): Route[] {
  const { group, publicUrl, intake } = parts;
  return [
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/",
      summary: "Discovery: which API roots there are",
      replies: { 200: TaxiiDiscovery },
      handler: async () => {
        const url = rootUrl(publicUrl(), group);
        return {
          status: 200,
          body: {
            title: "Tricord",
            description: "Intelligence-sharing exchange of a working group",
            default: url,
            api_roots: [url],
          },
        };
      },
    }),
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/",
      summary: "The API root of the working group",
      params: RootParams,
      replies: { 200: TaxiiApiRoot },
      handler: async ({ params }) => {
        checkRoot(parts, params);
        return {
          status: 200,
          body: {
            title: group,
            description: "What each reader finds here is computed for that reader",
            versions: [TAXII_TYPE],
            max_content_length: intake.uploadLimit,
          },
        };
      },
    }),
  ];
}
