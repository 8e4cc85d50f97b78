/**
 * What one file says, in one shape for every language: the only thing that parsing hands on. Plain data (it crosses
 * threads and is cached as JSON), in the order of the text, so that the same text always gives the same facts.
 *
 * A path in code (`self.router.send`, `a?.b["c"].d`) is a `Chain`: its names from left to right. What cannot be named
 * is a segment of its own: `()` the result of calling what stands before it, `[]` an element picked by something that is
 * not a literal, `?` any other expression. `get_router().send` = ["get_router", "()", "send"].
 * TypeScript's `this` and Python's first parameter of a method (whatever its name) are both written `this`; `super()` and
 * `super` are both written `super`; a classmethod's first parameter is `class`.
 */
export type Chain = readonly string[];

export type Language = "typescript" | "javascript" | "python";

export interface FileFacts {
  /** From the root of the audit, with `/`. */
  readonly path: string;
  readonly language: Language;
  /** Set when the parser could not read the file; then only what came before may be there. 1-based line. */
  readonly error?: { readonly message: string; readonly line: number };
  /** The file says of itself that it was generated (`isGeneratedMark` of a comment in its first 10 lines). */
  readonly isGenerated: boolean;
  /** Nothing but imports, re-exports, docstrings and comments. */
  readonly onlyImports: boolean;
  /** The text runs something when it is the program: `if __name__ == "__main__"`, a `#!` line. */
  readonly isProgram: boolean;
  readonly imports: readonly ImportFact[];
  /** TypeScript: what `export` says. Python: the names of `__all__`, when there is one made of literals. */
  readonly exports: readonly ExportFact[];
  /** Index 0 is the module itself; a parent always stands before its children. */
  readonly scopes: readonly ScopeFact[];
  readonly bindings: readonly BindingFact[];
  readonly uses: readonly UseFact[];
  readonly ignores: readonly IgnoreFact[];
}

export interface ImportFact {
  /** As written: `./router.ts`, `@a/b`, `..pkg.mod` (Python, with its dots). */
  readonly specifier: string;
  /** The name there: `*` the whole module, `default` its default export. `from a import *` has `*` and no `local`. */
  readonly imported: string;
  /** The name here. Python's `import a.b` binds `a`: local `a`, imported `*`, specifier `a.b`. */
  readonly local?: string;
  /** Index in `scopes`: Python and `await import()` may import inside a function. */
  readonly scope: number;
  readonly line: number;
  /** Erased at run time: `import type`, Python's `if TYPE_CHECKING:`. */
  readonly isType: boolean;
  /** Inside a `try` whose handler imports or defines the same name: an optional dependency. */
  readonly isOptional: boolean;
}

export interface ExportFact {
  /** `default`, a name, or `*` (everything of `specifier`). */
  readonly name: string;
  /** A re-export: from where, and the name there (`*`: as a namespace, or everything when `name` is `*` too). */
  readonly specifier?: string;
  readonly imported?: string;
  /** An export of something here, under the name it has here. */
  readonly local?: string;
  readonly line: number;
  readonly isType: boolean;
}

export type ScopeKind = "module" | "class" | "function" | "method" | "interface" | "constant";

/**
 * Something with a name and a body. An anonymous function belongs to the nearest named scope around it, except one that
 * is the value of a name (`const f = () => …`, `handlers = { send: () => … }` gives `handlers.send`): that is a function.
 * A top-level constant or `type` alias is a `constant` / `interface` scope of its own, so that what it uses has a caller.
 */
export interface ScopeFact {
  readonly kind: ScopeKind;
  /** `""` for the module; dotted for a member of an object literal (`handlers.send`). */
  readonly name: string;
  /** Index of the enclosing scope; -1 for the module. */
  readonly parent: number;
  readonly line: number;
  readonly endLine: number;
  /** What it extends or implements, from left to right; for a constant, empty. */
  readonly bases: readonly BaseFact[];
  readonly decorators: readonly Chain[];
  /** Names of the parameters as written, without `self`/`cls`; `*args` and `...rest` without their marks. */
  readonly parameters: readonly string[];
  /** The chain of the declared result, without its arguments: `Promise<Router>` = ["Promise"], with `resultOf`. */
  readonly result?: Chain;
  /** The first type argument of `result` when `result` is Promise, Awaitable, Optional, Iterator or the like. */
  readonly resultOf?: Chain;
  readonly isAsync: boolean;
  readonly isStatic: boolean;
  /** Read like a field: a `get` of TypeScript, a `property` of Python. */
  readonly isAccessor: boolean;
  /** TypeScript's `private` and `protected`; a name with `#` or `_` says it by itself. */
  readonly isPrivate: boolean;
  /** Declared without a body that does anything: abstract, overload, `pass`, `...`, only a docstring, only a raise of NotImplementedError. */
  readonly isEmpty: boolean;
  /** Loops in its own text, nested scopes not counted (comprehensions and `.map(...)` are no loops). */
  readonly loops: number;
  /** Statements in its own text, nested scopes not counted, docstrings not counted. */
  readonly statements: number;
  /**
   * Literal texts that its own text dispatches on, each once, in order, at most 64 of at most 100 characters: labels of `case`, what
   * something is compared with by `==` or is `in`, and keys of literals whose values are functions or named like handlers.
   */
  readonly keys: readonly string[];
  /** Returns or results of nothing but literals (`return True`, `=> ({ ok: true })`) and no call at all. */
  readonly onlyLiterals: boolean;
  /** 16 hex digits over the tokens of the body, whitespace and comments left out: the same after a move. */
  readonly fingerprint: string;
}

export interface BaseFact {
  readonly chain: Chain;
  /** `implements`, or a Python base named Protocol / ABC. */
  readonly isInterface: boolean;
}

/** A name that gets a value or a type: what resolution follows to learn what a chain means. */
export interface BindingFact {
  /** Where the name lives. For a field (`this.x`), the class. */
  readonly scope: number;
  readonly name: string;
  readonly kind: "parameter" | "variable" | "field";
  readonly line: number;
  /** Declared type without arguments: `Map<string, Router>` = ["Map"], `Optional[Router]` and `Router | None` = ["Router"]. */
  readonly type?: Chain;
  /** The value, when it is a chain: `x = Router(a)` = ["Router", "()"], `new Router()` = ["Router", "()"] too, `x = y.z` = ["y","z"]. `a or b`, `a ?? b`: the first that is a chain. */
  readonly value?: Chain;
  /** Where `value` was written, when that is not `scope`: the method that sets a field, the function that sets a module's variable. */
  readonly from?: number;
  /** A collection literal, a number, a string, None: something held, not somebody else. */
  readonly isLiteral: boolean;
  /** Set outside the constructor and outside the class body or module text: state that changes. */
  readonly isLate: boolean;
}

export type UseKind =
  /** A call or `new`: `chain` is what is called. */
  | "call"
  /** Named without being called: passed on, stored, compared. Plain reads of parameters and locals are not uses. */
  | "reference"
  /** Only as a type: annotation, `implements`, `as`, generic argument. */
  | "type"
  /** A decorator, called or not. */
  | "decorator"
  /** Code cannot say what is used: `getattr(x, name)`, `import(name)`, `importlib.import_module(name)`, `globals()[name]`, `x[name](…)`, `eval`, `exec`. */
  | "dynamic";

export interface UseFact {
  readonly kind: UseKind;
  readonly chain: Chain;
  /** The enclosing scope, index in `scopes`. */
  readonly scope: number;
  readonly line: number;
  /** The literal string arguments and keys of the first argument when it is an object literal, at most 4, each at most 100 characters. */
  readonly strings: readonly string[];
  /** Number of arguments; 0 where nothing is called. */
  readonly arguments: number;
  readonly place: UsePlace;
}

/** Where in its scope a use stands; the innermost one of these that holds, but an ordinary branch of a handler is the handler. */
export type UsePlace =
  | "plain"
  /** In the handler of a failure: `except`, `catch`, the callback of `.catch(…)`. */
  | "handler"
  /** In a branch (either side) whose condition names a flag: a setting, environment, feature, `legacy`, `enabled`, `use_…`. */
  | "flag"
  /** In any other branch. */
  | "branch";

export interface IgnoreFact {
  readonly line: number;
  /** What follows `audit-ignore:` in a comment, trimmed. */
  readonly text: string;
}
