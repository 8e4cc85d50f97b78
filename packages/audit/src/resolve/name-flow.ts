import type { Names } from "../facts/names.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import { bindingCell, exportCell, scopeCell } from "../facts/packed-layout.ts";
import type { ByName, Pairs } from "./by-name.ts";

/** What hands a name on: an import, an export, a binding, or a function with a result. */
export const flowKinds = ["import", "export", "binding", "result"] as const;

/** One place where a name is handed on to another. */
export interface Flow {
  /** Place of the file in the program. */
  readonly file: number;
  readonly kind: (typeof flowKinds)[number];
  /** Of the import, export, binding or scope in its file. */
  readonly index: number;
  /** It hands on what a call of the name gives. */
  readonly isCalled: boolean;
  /** The name is one of the file, and not a member of something or a name of another module. */
  readonly isBare: boolean;
  /** It hands on whatever class it stands in, or a base of that: the name is theirs. */
  readonly isSelf: boolean;
}

const [importFlow, exportFlow, bindingFlow, resultFlow] = flowKinds.map((_, code) => code) as [0, 1, 2, 3];
const calledBit = 1;
const bareBit = 2;
const selfBit = 4;
const kindShift = 3;
const indexShift = 5;
/** Every index of a flow is below it. */
export const flowIndexLimit = 2 ** (32 - 1 - indexShift);

/**
 * Where in a program a name gives its meaning to another one, by the name that gives: who follows what a name may mean looks
 * at those places only, and not at everything that files with the name have.
 */
export class NameFlow {
  readonly #flows: ByName;

  /** `flows`: what `readFlows` reads. */
  constructor(flows: ByName) {
    this.#flows = flows;
  }

  /** Those that hand on the name of this number, in the order of the program. */
  each(name: number, visit: (flow: Flow) => void): void {
    this.#flows.each(name, (file, flow) => {
      visit({
        file,
        kind: flowKinds[(flow >> kindShift) & 3] as Flow["kind"],
        index: flow >> indexShift,
        isCalled: (flow & calledBit) !== 0,
        isBare: (flow & bareBit) !== 0,
        isSelf: (flow & selfBit) !== 0,
      });
    });
  }
}

export function readFlows(names: Names): (file: PackedFacts, pairs: Pairs) => void {
  const self = new Self(names);
  return (file, pairs) => addFlows(file, self, pairs);
}

/** What a class calls itself, and what it is made from. */
export const selfNames = ["this", "class", "super"];

class Self {
  readonly names: ReadonlySet<number>;
  readonly call: number;

  constructor(names: Names) {
    this.names = new Set(selfNames.map((name) => names.idOf(name)));
    this.call = names.idOf("()");
  }
}

function addFlows(file: PackedFacts, self: Self, pairs: Pairs): void {
  const add = (name: number, kind: number, index: number, bits: number) =>
    pairs.add(name, (index << indexShift) | (kind << kindShift) | bits);
  for (let at = 0; at < file.importCount; at++) {
    if (file.importLocal(at) !== undefined) add(file.imported(at), importFlow, at, 0);
  }
  for (let at = 0; at < file.exportCount; at++) {
    const local = file.exportCell(at, exportCell.local) - 1;
    const imported = file.exportCell(at, exportCell.imported) - 1;
    const specifier = file.exportCell(at, exportCell.specifier) - 1;
    if (specifier >= 0 && imported >= 0) add(file.nameIds[imported] as number, exportFlow, at, 0);
    if (specifier < 0) {
      const own = local < 0 ? file.exportCell(at, exportCell.name) : local;
      add(file.nameIds[own] as number, exportFlow, at, bareBit);
    }
  }
  const { cells, nameIds } = file;
  const chain = (list: number, kind: number, index: number, scope: number) => {
    const start = file.listStart(list);
    const end = file.listStart(list + 1);
    const name = (at: number) => nameIds[cells[at] as number] as number;
    if (start === end) return;
    if (self.names.has(name(start)) && isSelf(file, start, end, self.call)) {
      for (const own of namesAround(file, scope)) add(own, kind, index, selfBit);
      return;
    }
    const isCalled = name(end - 1) === self.call;
    const at = isCalled ? end - 2 : end - 1;
    if (at >= start) add(name(at), kind, index, (isCalled ? calledBit : 0) | (at === start ? bareBit : 0));
  };
  for (let at = 0; at < file.bindingCount; at++) {
    const type = file.bindingCell(at, bindingCell.type) - 1;
    const value = file.bindingCell(at, bindingCell.value) - 1;
    const from = file.bindingCell(at, bindingCell.from);
    const scope = from === 0 ? file.bindingCell(at, bindingCell.scope) : from - 1;
    if (type >= 0) chain(type, bindingFlow, at, scope);
    if (value >= 0) chain(value, bindingFlow, at, scope);
  }
  for (let scope = 1; scope < file.scopeCount; scope++) {
    const result = file.scopeCell(scope, scopeCell.result) - 1;
    const resultOf = file.scopeCell(scope, scopeCell.resultOf) - 1;
    if (result >= 0) chain(result, resultFlow, scope, scope);
    if (resultOf >= 0) chain(resultOf, resultFlow, scope, scope);
  }
}

/** `this`, `class()`: what that is, is told by the class around it. */
function isSelf({ nameIds, cells }: PackedFacts, start: number, end: number, call: number): boolean {
  for (let at = start + 1; at < end; at++) if (nameIds[cells[at] as number] !== call) return false;
  return true;
}

/** Of the class around a scope, and of its bases: what `this` and `super` may mean there. */
export function namesAround(file: PackedFacts, scope: number): readonly number[] {
  let at = scope;
  while (at > 0 && file.scopeKind(at) !== "class") at = file.parentOf(at);
  if (at <= 0) return [];
  return [file.scopeName(at), ...file.baseChains(at).flatMap((chain) => file.lastName(chain) ?? [])];
}
