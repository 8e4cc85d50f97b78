/** What a mutant is: code that goes around an owner, hidden in one of the ways that people know. */

export type Files = Readonly<Record<string, string>>;

export const kinds = [
  "rename",
  "alias",
  "re-export",
  "move",
  "add a fallback",
  "inline the logic",
  "take the primitive as a value",
  "dynamic import",
  "wrap",
  "shadow",
  "comment",
  "split a file",
  "shrink the scope",
] as const;

export type Kind = (typeof kinds)[number];

export interface Mutant {
  readonly kind: Kind;
  /** Of its kind and language, unique. */
  readonly name: string;
  /** Over the healthy files. */
  readonly files: Files;
  /** Over the configuration; of the one responsibility where it is `responsibility`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly responsibility?: Readonly<Record<string, unknown>>;
}

/** Code with one owner and nothing around it, and what may be done to it. */
export interface CodeBase {
  readonly language: "TypeScript" | "Python";
  readonly healthy: Files;
  readonly responsibility: Readonly<Record<string, unknown>>;
  readonly mutants: readonly Mutant[];
  /** Changes that mean nothing: nothing of them may be found. */
  readonly harmless: Readonly<Record<string, Files>>;
  /** `name` of a mutant → why the audit cannot see it, or is not meant to. */
  readonly escapes: Readonly<Record<string, string>>;
}

/** Mutants of one kind, from names and what each changes. */
export function mutantsOf(kind: Kind, changes: Readonly<Record<string, Files>>): readonly Mutant[] {
  return Object.entries(changes).map(([name, files]) => ({ kind, name, files }));
}
