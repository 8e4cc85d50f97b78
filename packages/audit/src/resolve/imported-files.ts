import type { FileFacts } from "../facts/file-facts.ts";
import type { Program } from "./program.ts";

/** A file of the audited code that another one names as a module. */
export interface ImportedFile {
  readonly path: string;
  readonly line: number;
}

/**
 * The files that a file names: by imports (of types, too), re-exports, and texts in calls that name a module, such as
 * `new URL("./worker.js", import.meta.url)` and `uvicorn.run("app.main:app")`. In the order of the text, by kind; a file may
 * come more than once.
 */
export function importedFiles(program: Program, file: FileFacts): readonly ImportedFile[] {
  const found: ImportedFile[] = [];
  const add = (specifier: string, line: number) => {
    const path = program.moduleOf(file, specifier);
    if (path !== undefined && path !== file.path) found.push({ path, line });
    return path !== undefined;
  };
  const isPython = file.language === "python";
  for (const { specifier, imported, line } of file.imports) {
    if (isPython) for (const parent of parentsOf(specifier)) add(parent, line);
    add(specifier, line);
    // `from package import module`
    if (isPython && imported !== "*") add(`${specifier}${specifier.endsWith(".") ? "" : "."}${imported}`, line);
  }
  for (const { specifier, line } of file.exports) if (specifier !== undefined) add(specifier, line);
  for (const { kind, strings, line } of file.uses) {
    if (kind === "type") continue;
    for (const text of strings) {
      const named = isPython ? /^([a-z_]\w*(?:\.\w+)+)(?::\w+)?$/i.exec(text)?.[1] : /^\.\.?\/./.exec(text)?.input;
      // `app.module.attribute` names the module before its last part.
      if (named !== undefined && !add(named, line) && isPython) add(named.slice(0, named.lastIndexOf(".")), line);
    }
  }
  return found;
}

/** `a.b.c` runs `a` and `a.b` as well. */
function parentsOf(specifier: string): string[] {
  const parts = specifier.split(".");
  return parts
    .flatMap((part, index) => (index === 0 || part === "" ? [] : [parts.slice(0, index).join(".")]))
    .filter((parent) => /[^.]/.test(parent));
}
