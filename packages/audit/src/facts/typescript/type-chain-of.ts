import type { Node, TSType } from "oxc-parser";
import type { Chain } from "../file-facts.ts";

const wrappers = new Set([
  "Promise",
  "PromiseLike",
  "Awaited",
  "Awaitable",
  "MaybePromise",
  "Iterator",
  "Iterable",
  "IterableIterator",
  "AsyncIterator",
  "AsyncIterable",
  "AsyncIterableIterator",
  "Generator",
  "AsyncGenerator",
  "Array",
  "ReadonlyArray",
  "Set",
  "ReadonlySet",
  "Readonly",
  "Required",
  "Partial",
  "NonNullable",
]);

const keywords: Readonly<Record<string, string>> = {
  TSStringKeyword: "string",
  TSNumberKeyword: "number",
  TSBooleanKeyword: "boolean",
  TSBigIntKeyword: "bigint",
  TSSymbolKeyword: "symbol",
  TSObjectKeyword: "object",
  TSVoidKeyword: "void",
  TSNeverKeyword: "never",
};

/** The chain of a type without its arguments; undefined when it names nobody (`any`, a function or object type). */
export function typeChainOf(type: TSType): Chain | undefined {
  switch (type.type) {
    case "TSTypeReference":
      return qualifiedChain(type.typeName);
    case "TSArrayType":
    case "TSTupleType":
      return ["Array"];
    case "TSThisType":
      return ["this"];
    case "TSTypeOperator":
      return type.operator === "keyof" ? undefined : typeChainOf(type.typeAnnotation);
    case "TSParenthesizedType":
      return typeChainOf(type.typeAnnotation);
    case "TSUnionType":
    case "TSIntersectionType":
      return firstChain(type.types);
    case "TSTypePredicate":
      return ["boolean"];
    default: {
      const keyword = keywords[type.type];
      return keyword === undefined ? undefined : [keyword];
    }
  }
}

/** The first member that names somebody: of `string | Router` it is the router that can be followed. */
function firstChain(types: readonly TSType[]): Chain | undefined {
  let keyword: Chain | undefined;
  for (const type of types) {
    const chain = typeChainOf(type);
    if (chain === undefined) continue;
    if (!(type.type in keywords)) return chain;
    keyword ??= chain;
  }
  return keyword;
}

/** What stands inside a type that only holds or promises it: `Promise<Router>` and `Router[]` give the router. */
export function innerTypeChainOf(type: TSType): Chain | undefined {
  if (type.type === "TSParenthesizedType") return innerTypeChainOf(type.typeAnnotation);
  if (type.type === "TSTypeOperator" && type.operator === "readonly") return innerTypeChainOf(type.typeAnnotation);
  if (type.type === "TSArrayType") return typeChainOf(type.elementType);
  if (type.type === "TSUnionType") {
    for (const member of type.types) {
      const chain = innerTypeChainOf(member);
      if (chain !== undefined) return chain;
    }
    return undefined;
  }
  if (type.type !== "TSTypeReference" || type.typeName.type !== "Identifier") return undefined;
  const first = type.typeArguments?.params[0];
  return first !== undefined && wrappers.has(type.typeName.name) ? typeChainOf(first) : undefined;
}

export function qualifiedChain(name: Node): Chain {
  if (name.type === "Identifier") return [name.name];
  if (name.type === "TSQualifiedName") return [...qualifiedChain(name.left), name.right.name];
  return [name.type === "ThisExpression" ? "this" : "?"];
}
