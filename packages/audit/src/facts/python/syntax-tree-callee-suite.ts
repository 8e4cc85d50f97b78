import type { Node } from "@vscode/tree-sitter-wasm";
import { stringValue } from "./string-literal.ts";

export interface Callee {
  readonly chain: readonly string[];
  /** The call is an import of this module. */
  readonly imports?: string;
}

/** The name that means the instance or the class in this function, given what it is around it. */
export function selfOf<Self extends { readonly name: string; readonly means: string }>(
  node: Node,
  around: Self | undefined,
  isMethod: boolean,
): { readonly name: string; readonly means: string } | undefined {
  const parameters = node.childForFieldName("parameters")?.namedChildren ?? [];
  const names = parameters
    .filter((child) => child !== null && child.type !== "comment")
    .map((child) => nameOf(child as Node));
  const decorators = node.parent?.type === "decorated_definition" ? node.parent.namedChildren : [];
  const isDecorated = (name: string) =>
    decorators.some(
      (child) => child?.type === "decorator" && new RegExp(`^@\\s*(?:\\w+\\.)*${name}\\b(?!\\.)`).test(child.text),
    );
  const first = parameters.find((child) => child?.type !== "comment");
  if (isMethod && !isDecorated("staticmethod") && first !== undefined && !/splat|separator/.test(first?.type ?? "")) {
    const method = node.childForFieldName("name")?.text ?? "";
    const isClass = isDecorated("classmethod") || /^__(?:new|init_subclass|class_getitem)__$/.test(method);
    return { name: names[0] as string, means: isClass ? "class" : "this" };
  }
  return around !== undefined && names.includes(around.name) ? undefined : around;
}

function nameOf(parameter: Node): string {
  const inner = parameter.childForFieldName("name") ?? parameter.namedChildren[0] ?? parameter;
  return (inner.namedChildren[0] ?? inner).text;
}

/** What a call calls; undefined when it is none in the sense of the facts. */
export function calleeOf(node: Node, self: string | undefined, means: string | undefined): Callee | undefined {
  const chains = new ChainOfNode(self, means);
  if (node.type === "subscript") {
    const value = node.childForFieldName("value") as Node;
    const name = value.childForFieldName("function")?.text ?? "";
    const isTrailed =
      /^(?:call|attribute|subscript)$/.test(node.parent?.type ?? "") && node.parent?.startIndex === node.startIndex;
    const isTable = /^(?:globals|locals|vars)$/.test(name) && chains.segmentOf(node) === "[]" && !isTrailed;
    return isTable ? { chain: [name, "()", "[]"] } : undefined;
  }
  const callee = node.childForFieldName("function") as Node;
  const named = callee.type === "identifier" ? callee.text : "";
  if (named === "super") {
    return undefined;
  }
  if (named === "getattr" && chains.isGetattr(node)) {
    const isCalled = node.parent?.type === "call" && node.parent.startIndex === node.startIndex;
    const chain = chains.of(node);
    return chain.at(-1) === "[]" && !isCalled ? { chain } : undefined;
  }
  const chain = chains.of(callee);
  const text = chain.join(".");
  const first = node.childForFieldName("arguments")?.namedChildren.find((child) => child?.type !== "comment");
  const isImport = text === "__import__" || text === "import_module" || text === "importlib.import_module";
  if (isImport && first?.type === "string" && !first.namedChildren.some((child) => child?.type === "interpolation")) {
    return { chain, imports: stringOf(first) };
  }
  return { chain };
}

export function stringOf(node: Node): string {
  return stringValue(node.text);
}

class ChainOfNode {
  readonly #self: string | undefined;
  readonly #means: string | undefined;

  constructor(self: string | undefined, means: string | undefined) {
    this.#self = self;
    this.#means = means;
  }

  of(node: Node): string[] {
    switch (node.type) {
      case "identifier":
        return [node.text === this.#self ? (this.#means as string) : node.text];
      case "attribute":
        return [...this.of(node.childForFieldName("object") as Node), node.childForFieldName("attribute")?.text ?? ""];
      case "subscript":
        return [...this.of(node.childForFieldName("value") as Node), this.segmentOf(node)];
      case "call":
        return this.#ofCall(node);
      // The grammar binds a star tighter than what follows its operand; Python does not.
      case "list_splat":
      case "dictionary_splat":
        return this.of(named(node)[0] as Node);
      case "parenthesized_expression":
        return this.#ofEnclosed(named(node)[0] as Node);
      default:
        return ["?"];
    }
  }

  #ofEnclosed(node: Node): string[] {
    if (node.type === "await") {
      return this.#ofEnclosed(named(node)[0] as Node);
    }
    return node.type === "named_expression" ? this.#ofEnclosed(node.childForFieldName("value") as Node) : this.of(node);
  }

  #ofCall(node: Node): string[] {
    const callee = node.childForFieldName("function") as Node;
    if (callee.type === "identifier" && callee.text === "super") {
      return ["super"];
    }
    if (callee.type !== "identifier" || callee.text !== "getattr" || !this.isGetattr(node)) {
      return [...this.of(callee), "()"];
    }
    const [object, name] = named(node.childForFieldName("arguments") as Node);
    const isLiteral = name?.type === "string" && /^[rRuUbB]?["']/.test(name.text);
    return [...this.#ofEnclosed(object as Node), isLiteral ? stringOf(name) : "[]"];
  }

  isGetattr(node: Node): boolean {
    const first = named(node.childForFieldName("arguments") as Node)[0];
    return first !== undefined && !/splat/.test(first.type);
  }

  /** The key of a subscript, when it is a literal. */
  segmentOf(node: Node): string {
    const keys = node.childrenForFieldName("subscript").filter((child) => child !== null);
    const key = keys[0] as Node;
    const hasComma = node.children.some((child) => child?.type === ",");
    if (keys.length === 1 && !hasComma) {
      if (key.type === "string" && /^[rRuUbB]{0,2}["']/.test(key.text)) {
        return stringOf(key);
      }
      if (
        /^-?\+?[\d.]/.test(key.text) &&
        /^(?:integer|float|unary_operator)$/.test(key.type) &&
        named(key).length <= 1
      ) {
        return key.text;
      }
    }
    return "[]";
  }
}

function named(node: Node): Node[] {
  return node.namedChildren.filter((child) => child !== null && child.type !== "comment") as Node[];
}
