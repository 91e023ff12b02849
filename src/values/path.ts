/** One level of a path while a value is written: a key, an index, or what can name itself. */
export type Step =
  | string
  | number
  | {
      label(): string;
      /** Names below it are variables of a function. */
      readonly isScope?: boolean;
    };

/** Levels shown of a very long path, at its beginning and at its end. */
const STEPS_SHOWN = 16;

/** `args[0].client.socket`, `square → helper → db`: where in a value something lies. */
export function formatPath(root: string, trail: readonly Step[], depth: number): string {
  let path = root;
  const gap = depth - 2 * STEPS_SHOWN;
  for (let i = 0; i < depth; i++) {
    if (gap > 1 && i === STEPS_SHOWN) {
      path += `...(${gap} levels)...`;
      i += gap;
    }
    path += isScope(trail[i - 1]) ? formatVariable(trail[i]!) : formatStep(trail[i]!);
  }
  return path;
}

function isScope(step: Step | undefined): boolean {
  return typeof step === "object" && step.isScope === true;
}

/** `square → helper → db`: what a function uses. */
function formatVariable(step: Step): string {
  return typeof step === "string" && !step.startsWith("<") ? ` → ${step}` : formatStep(step);
}

function formatStep(step: Step): string {
  if (typeof step === "string") return propertyLabel(step);
  if (typeof step === "number") return `[${step}]`;
  return step.label();
}

export function propertyLabel(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${quote(key)}]`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

/** The step to the value of a Map's entry. */
export function entryLabel(key: unknown, place: number): string {
  const label = keyLabel(key);
  return label === undefined ? `.values()[${place}]` : `.get(${label})`;
}

/** A key of a Map as it is written in source; objects have no short form. */
function keyLabel(key: unknown): string | undefined {
  switch (typeof key) {
    case "string":
      return quote(key);
    case "bigint":
      return `${key}n`;
    case "object":
    case "function":
      return key === null ? "null" : undefined;
    default:
      return String(key);
  }
}
