import {
  type Comment,
  type ParseResult,
  type ParserOptions,
  type Program,
  parseSync,
  rawTransferSupported,
} from "oxc-parser";
import { nestsTooDeep } from "./nests-too-deep.ts";

export interface ParsedSource {
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly error?: { readonly message: string; readonly offset: number };
}

type SourceType = NonNullable<ParserOptions["sourceType"]>;

/** Parses by the ending of the path. JavaScript is read with JSX, which many projects keep in `.js`. */
export function parseSource(path: string, text: string): ParsedSource {
  const depth = nestsTooDeep(text);
  if (depth !== undefined) {
    const { program } = parse(path, "", {});
    return { program, comments: [], error: { message: "nested too deeply to be read", offset: depth } };
  }
  const lang = langOf(path);
  let first: ParseResult | undefined;
  for (const sourceType of sourceTypesOf(path)) {
    const result = parse(path, text, { lang, sourceType, preserveParens: false });
    if (!hasError(result)) return { program: result.program, comments: result.comments };
    first ??= result;
  }
  if (first === undefined) throw new Error("no way to parse was tried");
  const error = first.errors.find(({ severity }) => severity === "Error");
  return {
    program: first.program,
    comments: first.comments,
    error: { message: error?.message ?? "cannot be parsed", offset: error?.labels[0]?.start ?? 0 },
  };
}

/** Handing the tree over in memory instead of as JSON halves the time, where there is the address space for it. */
let canShareMemory: boolean | undefined;

function parse(path: string, text: string, options: ParserOptions): ParseResult {
  canShareMemory ??= rawTransferSupported() && tryShared();
  return canShareMemory ? parseShared(path, text, options) : parseSync(path, text, options);
}

function parseShared(path: string, text: string, options: ParserOptions): ParseResult {
  return parseSync(path, text, { ...options, experimentalRawTransfer: true } as ParserOptions);
}

function tryShared(): boolean {
  try {
    parseShared("empty.ts", "", {});
    return true;
  } catch {
    return false;
  }
}

function hasError(result: ParseResult): boolean {
  return result.errors.some(({ severity }) => severity === "Error");
}

function langOf(path: string): NonNullable<ParserOptions["lang"]> {
  if (isDeclarationFile(path)) return "dts";
  if (path.endsWith(".tsx")) return "tsx";
  return /\.[cm]?ts$/.test(path) ? "ts" : "jsx";
}

export function isDeclarationFile(path: string): boolean {
  return /\.d\.(?:[^/]+\.)?[cm]?ts$/.test(path);
}

/** In the order in which to try: what is legal in a script (`with`, a top-level `return`) is not in a module. */
function sourceTypesOf(path: string): readonly SourceType[] {
  if (/\.m[jt]s$/.test(path)) return ["module"];
  if (/\.c[jt]s$/.test(path)) return ["commonjs", "module"];
  return /\.[jt]sx?$/.test(path) && !path.includes(".ts") ? ["unambiguous", "commonjs"] : ["module", "commonjs"];
}
