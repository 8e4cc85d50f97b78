type Grammar = "typescript" | "python";

const typescriptEndings = ["ts", "mts", "cts", "tsx", "js", "mjs", "cjs", "jsx"];
const grammars = new Map<string, Grammar>([
  ...typescriptEndings.map((ending) => [`.${ending}`, "typescript"] as const),
  ...["py", "pyi"].map((ending) => [`.${ending}`, "python"] as const),
]);

/** Whose reader a file needs, by its ending; undefined when there is none. */
export function grammarOf(path: string): Grammar | undefined {
  return grammars.get(path.slice(path.lastIndexOf(".")));
}
