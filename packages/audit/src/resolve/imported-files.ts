import type { PackedFacts } from "../facts/packed-facts.ts";
import { importCell } from "../facts/packed-layout.ts";
import type { Modules } from "./modules.ts";

/** A file of the audited code that another one names as a module. */
export interface ImportedFile {
  readonly path: string;
  readonly line: number;
}

/**
 * The files that a file names: by imports (of types, too), re-exports, and texts in calls that name a module, such as
 * `new URL("./worker.js", import.meta.url)` and `uvicorn.run("app.main:app")`. In the order of the text, by kind, each with
 * the line that names it first.
 */
export function importedFiles(modules: Modules, file: PackedFacts): readonly ImportedFile[] {
  const found = new Map<string, ImportedFile>();
  const add = (specifier: string, line: number) => {
    const path = modules.resolve(file, specifier);
    if (path !== undefined && path !== file.path && !found.has(path)) found.set(path, { path, line });
    return path !== undefined;
  };
  const isPython = file.language === "python";
  const isKnown = new Uint8Array(file.nameCount);
  for (let at = 0; at < file.importCount; at++) {
    const id = file.importCell(at, importCell.specifier);
    const [specifier, line] = [file.name(id), file.importCell(at, importCell.line)];
    if (isKnown[id] === 0) {
      isKnown[id] = 1;
      if (isPython) for (const parent of parentsOf(specifier)) add(parent, line);
      add(specifier, line);
    }
    if (!isPython) continue;
    const imported = file.name(file.importCell(at, importCell.imported));
    // `from package import module`
    if (imported !== "*") add(`${specifier}${specifier.endsWith(".") ? "" : "."}${imported}`, line);
  }
  for (const { specifier, line } of file.exports) if (specifier !== undefined) add(specifier, line);
  for (const { text, line } of file.namingTexts()) {
    const named = isPython ? /^([a-z_]\w*(?:\.\w+)+)(?::\w+)?$/i.exec(text)?.[1] : /^\.\.?\/./.exec(text)?.input;
    // `app.module.attribute` names the module before its last part.
    if (named !== undefined && !add(named, line) && isPython) add(named.slice(0, named.lastIndexOf(".")), line);
  }
  return [...found.values()];
}

/** `a.b.c` runs `a` and `a.b` as well. */
function parentsOf(specifier: string): string[] {
  const parts = specifier.split(".");
  return parts
    .flatMap((part, index) => (index === 0 || part === "" ? [] : [parts.slice(0, index).join(".")]))
    .filter((parent) => /[^.]/.test(parent));
}
