import type { UseFact } from "../facts/file-facts.ts";
import type { FileRole, SymbolId } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import type { Target } from "../resolve/target.ts";

/** A use with what it means. */
export interface ResolvedUse {
  readonly path: string;
  /** Scope that it stands in. */
  readonly scope: number;
  readonly use: UseFact;
  readonly target: Target;
  readonly role: FileRole;
}

/** A definition and everything that stands in it. */
export interface Place {
  readonly path: string;
  readonly scope: number;
}

/** All uses of a program, by file and by what they mean. */
export class Uses {
  readonly program: Program;
  readonly #byFile = new Map<string, readonly ResolvedUse[]>();
  readonly #byTarget = new Map<SymbolId, ResolvedUse[]>();

  constructor(program: Program, roleOf: (path: string) => FileRole) {
    this.program = program;
    for (const file of program.files) {
      const role = roleOf(file.path);
      const uses = file.uses.map((use): ResolvedUse => {
        const target = program.evaluate(file.path, use.scope, use.chain);
        return { path: file.path, scope: use.scope, use, target, role };
      });
      this.#byFile.set(file.path, uses);
      for (const resolved of uses) {
        const { target } = resolved;
        if (target.kind !== "scope" && target.kind !== "instance") continue;
        const symbol = program.symbolOf(target);
        const same = this.#byTarget.get(symbol);
        if (same === undefined) this.#byTarget.set(symbol, [resolved]);
        else same.push(resolved);
      }
    }
  }

  all(): Iterable<readonly ResolvedUse[]> {
    return this.#byFile.values();
  }

  /** Uses inside of a definition, nested ones included. */
  within(place: Place): readonly ResolvedUse[] {
    const { scopes } = this.program.file(place.path) ?? { scopes: [] };
    const inside = (scope: number): boolean => {
      for (let at = scope; at >= 0; at = scopes[at]?.parent ?? -1) if (at === place.scope) return true;
      return false;
    };
    return (this.#byFile.get(place.path) ?? []).filter(({ scope }) => inside(scope));
  }

  /** Uses of exactly this symbol. */
  of(symbol: SymbolId): readonly ResolvedUse[] {
    return this.#byTarget.get(symbol) ?? [];
  }

  /** Uses of a class or function, or of anything directly in it, from outside of it. */
  ofDefinition(place: Place): readonly ResolvedUse[] {
    const { program } = this;
    const symbols = [
      program.symbolOf(place),
      ...[...program.membersOf(place).values()].map((scope) => program.symbolOf({ path: place.path, scope })),
    ];
    const own = new Set(this.within(place));
    return symbols.flatMap((symbol) => this.of(symbol)).filter((use) => !own.has(use));
  }

  /** The nearest named function, method or class around a use, else its module. */
  callerOf({ path, scope }: { readonly path: string; readonly scope: number }): SymbolId {
    return this.program.symbolOf({ path, scope });
  }
}
