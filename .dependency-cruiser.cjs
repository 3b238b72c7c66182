/** Who may import whom (docs/architecture.md). Each rule has a planted violation in test/unit/imports.test.ts. */

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      // Types too: the swc parser does not tell an import of types from another.
      to: { circular: true },
    },
    {
      name: "schemas-stand-alone",
      severity: "error",
      from: { path: "^schemas/" },
      to: { path: "^(server|seed|test|bench|web)/" },
    },
    {
      name: "policy-is-pure",
      severity: "error",
      from: { path: "^server/policy/" },
      to: { pathNot: ["^schemas/", "^server/policy/", "^server/shared/"], dependencyTypesNot: ["npm"] },
    },
    {
      name: "triage-is-pure",
      severity: "error",
      from: { path: "^server/triage/" },
      to: { pathNot: ["^schemas/", "^server/triage/", "^server/shared/"], dependencyTypesNot: ["npm"] },
    },
    {
      name: "pipeline-and-formats-are-pure",
      severity: "error",
      from: { path: "^server/(pipeline|formats)/" },
      to: {
        path: "^server/(?!pipeline|formats|shared|policy)|^(node:)?(fs|https?|http2|net|tls|dgram|dns|child_process|worker_threads)(/|$)",
      },
    },
    {
      // The pattern code can be taken out and used by itself (docs/patterns.md).
      name: "patterns-stand-alone",
      severity: "error",
      from: { path: "^server/pipeline/pattern/" },
      to: {
        pathNot: ["^schemas/stix/", "^server/pipeline/pattern/", "node_modules/(re2js|zod)/"],
        dependencyTypesNot: ["core"],
      },
    },
    {
      name: "usecases-know-no-adapter",
      severity: "error",
      from: { path: "^server/usecases/" },
      to: {
        path: "^server/(http|jobs|cli|storage/(sqlite|mongo))/|^server/(compose|compose-http|main|config)\\.ts$|node_modules/(express|better-sqlite3|mongoose)/",
      },
    },
    {
      name: "http-and-jobs-call-usecases",
      severity: "error",
      from: { path: "^server/(http|jobs)/" },
      to: { path: "^server/storage/(sqlite|mongo)/|node_modules/(better-sqlite3|mongoose)/" },
    },
    {
      name: "sqlite-driver-in-its-adapter",
      severity: "error",
      from: { pathNot: "^(server/storage/sqlite|bench)/|^test/support/raw-sqlite\\.ts$" },
      to: { path: "node_modules/better-sqlite3/" },
    },
    {
      name: "mongo-driver-in-its-adapter",
      severity: "error",
      from: { pathNot: "^(server/storage/mongo|test|bench)/" },
      to: { path: "node_modules/(mongoose|mongodb)/" },
    },
    {
      name: "adapters-keep-to-themselves",
      severity: "error",
      from: { path: "^server/storage/(sqlite|mongo)/" },
      to: { path: "^server/(?!storage/|shared/)|^seed/" },
    },
    {
      name: "one-place-picks-adapters",
      severity: "error",
      from: { path: "^server/", pathNot: "^server/(open-store|storage/(sqlite|mongo)/)" },
      to: { path: "^server/storage/(sqlite|mongo)/" },
    },
    { name: "nobody-imports-tests", severity: "error", from: { pathNot: "^test/" }, to: { path: "^test/" } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    parser: "swc",
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
