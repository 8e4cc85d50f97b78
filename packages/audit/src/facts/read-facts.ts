import type { FileFacts } from "./file-facts.ts";
import { readPythonFacts } from "./python/read-python-facts.ts";
import { readTypeScriptFacts } from "./typescript/read-typescript-facts.ts";

type Reader = (path: string, text: string) => FileFacts;

/** The facts of a file, by its ending; undefined when no reader knows its language. */
export function readFacts(path: string, text: string): FileFacts | undefined {
  return readerOf(path)?.(path, text);
}

/** Is there a reader for a file of this name? */
export function isReadable(path: string): boolean {
  return readerOf(path) !== undefined;
}

function readerOf(path: string): Reader | undefined {
  if (/\.(?:[cm]?[jt]s|[jt]sx)$/.test(path)) return readTypeScriptFacts;
  if (/\.pyi?$/.test(path)) return readPythonFacts;
  return undefined;
}
