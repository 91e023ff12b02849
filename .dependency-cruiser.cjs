// Who may import whom (docs/ARCHITECTURE.md has the picture). `npm run imports` checks it, and
// tests/gates/imports.test.ts plants a violation of each rule.
//
//   base <- wire, values, closure, store <- core (their types only) <- control
//        <- runtime, daemon, worker, driver <- api <- util
//        <- index, testing, cluster, cli, dashboard, pool

const TESTS = "\\.test\\.ts$";
const PURE_BUILTINS = "^(assert|buffer|path|url|util)(/|$)";
const OUTSIDE = "^src/(index\\.ts|testing|cluster|cli|dashboard|pool)";

const layers = [
  ["base"],
  ["wire", "values", "closure", "store"],
  ["core"],
  ["control"],
  ["runtime", "daemon", "worker", "driver"],
  ["api"],
  ["util"],
];

/** A folder may import from the layers below it and from itself; `upward` lists what is above. */
const upward = layers.slice(0, -1).map((folders, depth) => ({
  name: `not-upward-from-${folders.join("-")}`,
  comment: "a layer knows nothing of the layers above it",
  severity: "error",
  // The worker's entry puts a process together, like the index of a program.
  from: { path: `^src/(${folders.join("|")})/`, pathNot: `${TESTS}|^src/worker/main\\.ts$` },
  to: {
    path: `^src/(${layers
      .slice(depth + 1)
      .flat()
      .join("|")})/`,
  },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: "not-to-the-outside",
      comment: "what is built on the API is imported by nobody below it",
      severity: "error",
      from: { path: `^src/(${layers.flat().join("|")})/`, pathNot: TESTS },
      to: { path: OUTSIDE },
    },
    {
      name: "util-on-the-api",
      comment: "helpers are what users could write: they stand on the API",
      severity: "error",
      from: { path: "^src/util/", pathNot: TESTS },
      to: { path: "^src/(?!(util|api|base)/)" },
    },
    {
      name: "not-sideways",
      comment: "wire, values, closure and store share types and the table of the format at most",
      severity: "error",
      from: { path: "^src/(wire|values|closure|store)/", pathNot: TESTS },
      to: {
        path: "^src/(wire|values|closure|store)/",
        pathNot: ["^src/$1/", "^src/values/extension-types\\.ts$"],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "core-takes-types-only",
      comment: "core/ decides; bytes, files and sockets are the shells' business",
      severity: "error",
      from: { path: "^src/core/", pathNot: TESTS },
      to: { path: "^src/(wire|values|closure|store)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-io-in-base-and-core",
      comment: "base/ and core/ do no I/O: hand in what they need",
      severity: "error",
      from: { path: "^src/(base|core)/", pathNot: TESTS },
      to: { dependencyTypes: ["core"], pathNot: PURE_BUILTINS },
    },
    {
      name: "no-packages-in-base-and-core",
      comment: "base/ and core/ stand on the language alone",
      severity: "error",
      from: { path: "^src/(base|core)/", pathNot: TESTS },
      to: { path: "node_modules" },
    },
    {
      name: "native-calls-in-few-places",
      comment: "Linux-only calls sit where a portable path stands beside them",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(store/|worker/native-library\\.ts$)" },
      to: { path: "node_modules/koffi/" },
    },
    {
      name: "parser-in-closure-only",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/closure/" },
      to: { path: "node_modules/acorn/" },
    },
    {
      name: "no-development-packages",
      comment: "what users run needs only what package.json lists under dependencies",
      severity: "error",
      from: { path: "^src/", pathNot: TESTS },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-cycles",
      comment: "types may refer to each other; modules that run may not",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only", "dynamic-import"] } },
    },
    {
      name: "no-unknown-modules",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^mobula(/|$)" },
    },
    {
      name: "not-to-tests",
      severity: "error",
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: "not-to-tools",
      comment: "src/ stands alone; tests, examples and benchmarks come through the package's door",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(tests|tools|examples|bench)/" },
    },
    {
      name: "examples-through-the-door",
      comment: "examples show what users can write; the codec alone is measured by itself",
      severity: "error",
      from: { path: "^(examples|bench)/", pathNot: "^bench/codecs/" },
      to: { path: "^(src|dist|tests|tools)/", pathNot: "^dist/(index|testing/index)\\.js$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules|^dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
