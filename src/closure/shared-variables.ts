/**
 * Variables that change and are captured by several functions: at the other end they are one
 * variable again. The code of each such function looks into a `Variable` instead of having one.
 *
 * The engine does not tell whether two functions captured the same variable or two of the same
 * name. At the top level of a file there is only one. Elsewhere, two functions of one message are
 * taken to share a scope if theirs are alike in place and in all values, unless a function of the
 * same place and with the same inner variables has it already: so fresh counters stay apart.
 */

import type { Scope } from "./inspect.ts";

export class Variable {
  value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** One run of the code that declares the variables. */
interface Run {
  readonly values: ReadonlyMap<string, unknown>;
  readonly captors: Captor[];
  readonly variables: Map<string, Variable>;
}

/** A function that captured them: where it stands, and the variables between. */
interface Captor {
  readonly place: string;
  readonly inner: readonly unknown[];
}

/** Of one message. */
export class VariablePool {
  readonly #runs = new Map<string, Run[]>();

  /** For one function; `place` says where it is defined. */
  open(place: string, scopes: readonly Scope[]): (name: string, scope: Scope) => Variable {
    const own = new Map<Scope, Run>();
    return (name, scope) => {
      let run = own.get(scope);
      if (run === undefined) own.set(scope, (run = this.#findRun(place, scopes, scope)));
      let variable = run.variables.get(name);
      if (variable === undefined) {
        variable = new Variable(run.values.get(name));
        run.variables.set(name, variable);
      }
      return variable;
    };
  }

  #findRun(place: string, scopes: readonly Scope[], scope: Scope): Run {
    const index = scopes.indexOf(scope);
    const values = valuesOf(scope);
    const [scriptId = ""] = place.split(":");
    const key = [scriptId, scope.description, ...values.keys()].join();
    let runs = this.#runs.get(key);
    if (runs === undefined) this.#runs.set(key, (runs = []));
    const inner = scopes.slice(0, index).flatMap((each) => [...valuesOf(each).values()]);
    const captor = { place, inner };
    const known = runs.findLast(
      (run) => isTopLevel(scopes, index) || mayShare(run, captor, values),
    );
    const run = known ?? { values, captors: [], variables: new Map<string, Variable>() };
    if (known === undefined) runs.push(run);
    run.captors.push(captor);
    return run;
  }
}

/** The scope of a file: of a module, of a script, or the function around a CommonJS module. */
function isTopLevel(scopes: readonly Scope[], index: number): boolean {
  const next = scopes[index + 1]?.description;
  return next === undefined || next === "Global" || next.startsWith("Script");
}

function mayShare(
  run: Run,
  { place, inner }: Captor,
  values: ReadonlyMap<string, unknown>,
): boolean {
  const isTaken = run.captors.some((other) => other.place === place && areSame(other.inner, inner));
  return !isTaken && areSame([...run.values.values()], [...values.values()]);
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => Object.is(value, b[index]));
}

const UNINITIALISED = Symbol("not initialised");

function valuesOf({ object }: Scope): Map<string, unknown> {
  return new Map(
    Object.keys(object).map((name) => {
      try {
        return [name, object[name]];
      } catch {
        return [name, UNINITIALISED]; // Newer engines throw for it; nobody asks for its value.
      }
    }),
  );
}
