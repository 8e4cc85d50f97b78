import type { Files, Mutant } from "./mutant.ts";

interface Names {
  /** The file that goes around the owner, its folder, and what it defines. */
  readonly path: string;
  readonly folder: string;
  readonly symbol: string;
  readonly owner: string;
  /** Another definition, which has no behaviour of its own. */
  readonly main: string;
  readonly primitive: string;
}

/** The code stays as wrong as it is, and the configuration looks elsewhere. */
export function scopeMutants(what: string, files: Files, names: Names): readonly Mutant[] {
  const { path, folder, symbol, owner, main, primitive } = names;
  const kind = "shrink the scope";
  const exception = { reason: "soon", owner: "team", until: "2999-01-01" };
  const configs: Readonly<Record<string, Mutant["config"]>> = {
    "the file is excluded": { scope: { exclude: [path] } },
    "the folder is excluded": { scope: { exclude: [folder] } },
    "only the owner is included": { scope: { include: [owner.split("#")[0]] } },
    "nothing is included": { scope: { include: ["nowhere"] } },
    "the file is said to be a test": { roles: { test: [path] } },
    "the file is said to be generated": { roles: { generated: [path] } },
    "the file is said to be vendored": { roles: { vendored: [path] } },
    "the folder is said to be a backup": { roles: { backup: [folder] } },
    "nothing is declared": { responsibilities: [] },
  };
  const responsibilities: Readonly<Record<string, Mutant["responsibility"]>> = {
    "the file is left out of the responsibility": { exclude: [path] },
    "the primitive is not declared": { primitives: [] },
    "the primitive is allowed in the file": { primitives: [{ call: primitive, allowed: [path] }] },
    "the primitive is allowed to the symbol": { primitives: [{ call: primitive, allowed: [symbol] }] },
    "the primitive is allowed everywhere": { primitives: [{ call: primitive, allowed: ["**"] }] },
    "what goes around is called canonical": { canonical: [symbol] },
    "what goes around is called a factory": { factories: [symbol] },
    "what goes around is called the owner": { owner: symbol },
    "the owner is one that is not there": { owner: `${folder}/nowhere#Sender` },
    "the owner is one that does nothing": { owner: main },
    "what goes around is a permitted adapter": { adapters: [{ symbol, ...exception }] },
    "the target is lower, and the file left out": { target: 0, exclude: [path] },
    "nothing is like the owner any more": { match: { names: [], methods: [] }, primitives: [] },
  };
  return [
    ...Object.entries(configs).map(([name, config]) => ({ kind, name: `${what}: ${name}`, files, config }) as Mutant),
    ...Object.entries(responsibilities).map(
      ([name, responsibility]) => ({ kind, name: `${what}: ${name}`, files, responsibility }) as Mutant,
    ),
  ];
}
