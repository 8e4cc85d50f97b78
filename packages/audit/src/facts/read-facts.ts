import type { FileFacts } from "./file-facts.ts";
import { grammarOf } from "./grammar-of.ts";
import { readPythonFacts } from "./python/read-python-facts.ts";
import { readTypeScriptFacts } from "./typescript/read-typescript-facts.ts";

/** The facts of a file; undefined when no reader knows its language. */
export function readFacts(path: string, text: string): FileFacts | undefined {
  const grammar = grammarOf(path);
  if (grammar === undefined) return undefined;
  return grammar === "python" ? readPythonFacts(path, text) : readTypeScriptFacts(path, text);
}
