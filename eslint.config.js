// What these rules are for: CONTRIBUTING.md, "Gates". tests/gates/lint.test.ts plants a violation
// of each kind and sees it found.
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import mobula from "./tools/lint/rules.js";

const TESTS = ["**/*.test.ts", "tests/**"];
/** Decides without I/O, clock or chance: what happens and the time come in as arguments. */
const PURE = ["src/base/**", "src/core/**"];

const promises = {
  // A forgotten `await` on a ref is a floating promise: `ObjectRef<T>` extends `Promise<T>`.
  "@typescript-eslint/no-floating-promises": [
    "error",
    {
      checkThenables: true,
      allowForKnownSafeCalls: [
        { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
      ],
    },
  ],
  // Interfaces ask for promises where an implementation may have nothing to wait for.
  "@typescript-eslint/require-await": "off",
};

const types = {
  // `typeof import("x")` is how a module that is loaded later gets its type.
  "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
  // `import { type A }` leaves a runtime import behind, which the import rules would not excuse.
  "@typescript-eslint/no-import-type-side-effects": "error",
  "@typescript-eslint/switch-exhaustiveness-check": [
    "error",
    { considerDefaultExhaustiveForUnions: true },
  ],
  "@typescript-eslint/restrict-template-expressions": [
    "error",
    { allowNumber: true, allowBoolean: true },
  ],
  // Shipping functions means handling functions of any shape.
  "@typescript-eslint/no-unsafe-function-type": "off",
};

const errors = {
  // What a signal or a user's function throws is passed on as it is, also if it is no Error.
  "@typescript-eslint/only-throw-error": [
    "error",
    { allowThrowingAny: true, allowThrowingUnknown: true },
  ],
  "@typescript-eslint/prefer-promise-reject-errors": [
    "error",
    { allowThrowingAny: true, allowThrowingUnknown: true },
  ],
  "@typescript-eslint/no-unused-vars": [
    "error",
    { caughtErrors: "all", argsIgnorePattern: "^_", ignoreRestSiblings: true },
  ],
  "no-empty": ["error", { allowEmptyCatch: true }], // reason-for-swallow asks for the reason
  "preserve-caught-error": "error",
  "mobula/reason-for-swallow": "error",
};

const size = {
  "max-lines": ["error", { max: 500 }],
  "max-lines-per-function": ["error", { max: 70 }],
  "mobula/line-width": ["error", 100],
};

const doors = {
  selector: "ExportAllDeclaration",
  message: "Name what you export: a door shows everything that goes through it.",
};
const jumps = "The machine's clock may jump: ask a Clock for the time.";
/** The machine's clock may jump, and a deadline with it: all times are those of `Clock`. */
const wallClock = {
  "no-restricted-properties": ["error", { object: "Date", property: "now", message: jumps }],
  "no-restricted-syntax": [
    "error",
    doors,
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: jumps },
    { selector: "CallExpression[callee.name='Date']", message: jumps },
  ],
};
const impurity = "base/ and core/ do no I/O and have no clock or chance of their own: ask for it.";
const timeAndWorld = [
  ...["process", "performance", "crypto", "fetch", "console", "globalThis", "global"],
  ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "Worker", "WebSocket"],
];
const purity = {
  "no-restricted-globals": ["error", ...timeAndWorld.map((name) => ({ name, message: impurity }))],
  "no-restricted-properties": [
    "error",
    { object: "Date", property: "now", message: impurity },
    { object: "Math", property: "random", message: impurity },
  ],
  "no-restricted-syntax": [
    "error",
    doors,
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: impurity },
    { selector: "CallExpression[callee.name='Date']", message: impurity },
    { selector: "ImportExpression", message: impurity },
    { selector: "AwaitExpression", message: impurity },
  ],
};

export default defineConfig(
  globalIgnores(["dist/", "bench/results/"]),
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { mobula },
    rules: {
      ...promises,
      ...types,
      ...errors,
      ...size,
      eqeqeq: "error",
      "mobula/reason-for-disable": "error",
    },
  },
  {
    files: ["src/**"],
    rules: { "no-console": "error", "no-restricted-syntax": ["error", doors] },
  },
  { files: ["src/**"], ignores: TESTS, rules: wallClock },
  { files: PURE, ignores: TESTS, rules: purity },
  { files: ["src/**"], ignores: TESTS, rules: { "mobula/error-message": "error" } },
  {
    // Takes the language's own methods out of their prototypes, before a program can change them.
    files: ["src/closure/**"],
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
  {
    files: TESTS,
    rules: {
      // A suite is one long function, and tests look at values of any shape.
      "max-lines-per-function": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    // Type tests name values for their types alone, and are wrong on purpose.
    files: ["tests/types/**"],
    rules: {
      "@typescript-eslint/no-unused-vars": "off",
      "@typescript-eslint/no-misused-promises": "off",
      "@typescript-eslint/restrict-plus-operands": "off",
    },
  },
  { files: ["**/*.{js,cjs,mjs}"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ["**/*.cjs"],
    languageOptions: { sourceType: "commonjs" },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
