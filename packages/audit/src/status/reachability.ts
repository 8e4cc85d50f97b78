import type { PackedFacts } from "../facts/packed-facts.ts";
import { globTest } from "../files/glob.ts";
import type { FileRole } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";

/** What production runs, as far as imports tell. */
export interface Reachability {
  /** Files where production begins; empty: none is known, and then everything counts as reached. */
  readonly entries: readonly string[];
  /** Files of production that no entry point leads to, sorted. */
  readonly unreached: readonly string[];
}

/** Without declared entry points: files that are called what a program begins with. */
const entryName =
  /(^|\/)(main|index|app|server|cli|manage|wsgi|asgi|worker|setup|__main__|[\w.-]+\.config)\.(?:[cm]?[jt]sx?|py)$/;
/** Files that frameworks load by their place. */
const loadedByPlace =
  /(^|\/)(pages|routes|migrations|versions|commands|plugins|hooks|middleware)\/|(^|\/)(admin|apps|models|urls|views|tasks|signals|settings|conftest|page|layout|route)\.(?:py|[jt]sx?)$/;

/**
 * Follows imports from the entry points of production. `declared` are the globs of the configuration; without them, entry points
 * are what manifests name, programs, files with the name of one, and what registers itself with a decorator: rather one too many,
 * because whatever is not reached counts as dead.
 */
export function reachabilityOf(
  program: Program,
  roleOf: (path: string) => FileRole,
  declared: readonly string[],
  named: readonly string[],
): Reachability {
  const isDeclared = globTest(declared);
  const fromManifests = new Set(named.flatMap((text) => program.entry(text) ?? []));
  const isEntry = (file: PackedFacts) =>
    declared.length > 0
      ? isDeclared(file.path)
      : file.isProgram || fromManifests.has(file.path) || entryName.test(file.path) || isLoadedByOthers(file);
  const begins = (file: PackedFacts) =>
    roleOf(file.path) === "script" || (roleOf(file.path) === "production" && isEntry(file));
  const entries = [...program.files.keys()].filter((place) => begins(program.files[place] as PackedFacts));
  if (entries.length === 0) return { entries: [], unreached: [] };
  const isReached = new Uint8Array(program.files.length);
  const waiting: number[] = [];
  // Types as well: who names a type of a file may be handed what the file makes.
  const reach = (place: number) => {
    if (isReached[place] === 1) return;
    isReached[place] = 1;
    waiting.push(place);
  };
  for (const place of entries) reach(place);
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) program.imports.each(place, reach);
  const paths = program.files.map(({ path }) => path);
  return {
    entries: entries.map((place) => paths[place] as string).sort(),
    unreached: paths.filter((path, place) => isReached[place] === 0 && roleOf(path) === "production").sort(),
  };
}

/** Decorators of these change what they decorate, and tell nobody of it. */
const plainDecorators = new Set(["functools", "dataclasses", "contextlib", "abc", "typing", "enum", "attr", "attrs"]);

function isLoadedByOthers(file: PackedFacts): boolean {
  if (loadedByPlace.test(file.path)) return true;
  for (let scope = 1; scope < file.scopeCount; scope++) {
    if (file.parentOf(scope) !== 0 || !file.isDecorated(scope)) continue;
    const { decorators } = file.scope(scope);
    if (decorators.some(([first = "", ...rest]) => rest.length > 0 && !plainDecorators.has(first))) return true;
  }
  return false;
}
