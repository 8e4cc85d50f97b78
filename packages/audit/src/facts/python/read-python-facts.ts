import type { FileFacts, ScopeFact } from "../file-facts.ts";
import { FactCollector, type ScopeDraft } from "./fact-collector.ts";
import { NameTable } from "./name-table.ts";
import { ScanError } from "./scan-error.ts";
import { StatementReader } from "./statement-reader.ts";
import { Tokenizer } from "./tokenizer.ts";
import { Tokens } from "./tokens.ts";

/** Beyond that the names of files long gone are no help any more. */
const mostNames = 300_000;
/** Columns larger than this were for one giant file. */
const largestKeptColumns = 1 << 20;

let names = new NameTable();
let tokens = new Tokens(1 << 14);

/** Reads what a Python file says. Whatever the text is, it returns: with `error` when the text cannot be read. */
export function readPythonFacts(path: string, text: string): FileFacts {
  if (names.size > mostNames) {
    names = new NameTable();
  }
  if (tokens.kinds.length > largestKeptColumns) {
    tokens = new Tokens(1 << 14);
  }
  const facts = new FactCollector(names);
  const module = facts.addScope("module", "", -1, 1);
  let error: FileFacts["error"];
  let reader: StatementReader | undefined;
  try {
    new Tokenizer(tokens, names).tokenize(text);
    reader = new StatementReader(tokens, facts);
    reader.readModule();
    module.endLine = tokens.endLineOf(tokens.lastBefore(tokens.firstEnd));
    module.fingerprint = tokens.fingerprint(0, tokens.firstEnd);
  } catch (thrown) {
    if (!(thrown instanceof ScanError)) {
      throw thrown;
    }
    error = { message: thrown.message, line: thrown.line };
    closeScopes(facts.scopes, thrown.line);
  }
  const { isGenerated, ignores } = tokens;
  return {
    path,
    language: "python",
    ...(error === undefined ? {} : { error }),
    isGenerated,
    onlyImports: error === undefined && reader?.isOnlyImports === true,
    isProgram: text.startsWith("#!") || reader?.isProgram === true,
    imports: facts.imports,
    exports: facts.exports,
    scopes: facts.scopes.map(scopeOf),
    bindings: facts.bindings,
    uses: facts.settledUses(),
    ignores,
  };
}

/** Scopes that were still open where the reading ended. */
function closeScopes(scopes: readonly ScopeDraft[], line: number): void {
  for (const scope of scopes) {
    if (scope.fingerprint === "") {
      scope.endLine = Math.max(scope.line, line);
      scope.fingerprint = "0".repeat(16);
    }
  }
}

function scopeOf(draft: ScopeDraft): ScopeFact {
  const { result, resultOf } = draft;
  const scope = {
    kind: draft.kind,
    name: draft.name,
    parent: draft.parent,
    line: draft.line,
    endLine: draft.endLine,
    bases: draft.bases,
    decorators: draft.decorators,
    parameters: draft.parameters,
    isAsync: draft.isAsync,
    isStatic: draft.isStatic,
    isAccessor: draft.isAccessor,
    isPrivate: draft.isPrivate,
    isEmpty: draft.isEmpty,
    loops: draft.loops,
    statements: draft.statements,
    onlyLiterals: draft.onlyLiterals,
    fingerprint: draft.fingerprint,
    keys: draft.keys,
  };
  if (result === undefined) return scope;
  return resultOf === undefined ? { ...scope, result } : { ...scope, result, resultOf };
}
