import type { Node, TSType, TSTypeParameterDeclaration } from "oxc-parser";
import type { Chain } from "../file-facts.ts";
import { addBinding, patternNames, visitPattern } from "./bind.ts";
import { chainOf } from "./chain-of.ts";
import { declareName } from "./declare-names.ts";
import { keyName } from "./expressions-of.ts";
import { declareTypeParameters, isThisParameter, nameOf, readResult } from "./read-function.ts";
import type { ScopeDraft } from "./scope-draft.ts";
import { qualifiedChain } from "./type-chain-of.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

type Member = NodeOf<"TSTypeLiteral">["members"][number];
type Signature =
  | NodeOf<"TSFunctionType">
  | NodeOf<"TSConstructorType">
  | NodeOf<"TSCallSignatureDeclaration">
  | NodeOf<"TSConstructSignatureDeclaration">
  | NodeOf<"TSMethodSignature">;

export const typeVisitors: Visitors = {
  TSTypeReference: (walk, node) => {
    useType(walk, node.typeName);
    walk.visit(node.typeArguments);
  },
  TSTypeQuery: (walk, node) => {
    if (node.exprName.type === "TSImportType") walk.visit(node.exprName);
    else useType(walk, node.exprName);
    walk.visit(node.typeArguments);
  },
  TSClassImplements: readHeritage,
  TSInterfaceHeritage: readHeritage,
  TSInterfaceDeclaration: readInterface,
  TSTypeAliasDeclaration: readAlias,
  TSFunctionType: readSignature,
  TSConstructorType: readSignature,
  TSCallSignatureDeclaration: readSignature,
  TSConstructSignatureDeclaration: readSignature,
  TSMethodSignature: readSignature,
  TSPropertySignature: (walk, node) => {
    walk.visitKey(node.key, node.computed);
    walk.visit(node.typeAnnotation);
  },
  TSIndexSignature: (walk, node) => {
    for (const parameter of node.parameters) walk.visit(parameter.typeAnnotation);
    walk.visit(node.typeAnnotation);
  },
  TSInferType: (walk, { typeParameter }) => {
    declareName(walk, typeParameter.name.name, "local");
    walk.visit(typeParameter.constraint);
  },
  TSMappedType: (walk, node) =>
    walk.inBlock(() => {
      declareName(walk, node.key.name, "local");
      walk.visit(node.constraint);
      walk.visit(node.nameType);
      walk.visit(node.typeAnnotation);
    }),
  TSTypePredicate: (walk, node) => walk.visit(node.typeAnnotation),
  TSNamedTupleMember: (walk, node) => walk.visit(node.elementType),
};

function useType(walk: Walk, name: Node): void {
  const chain = qualifiedChain(name);
  const root = chain[0] ?? "?";
  if (root === "this" || root === "?" || (chain.length === 1 && root === "const")) return;
  if (chain.length === 1 && walk.names.find(root)?.kind === "local") return;
  walk.use("type", chain, name);
}

function readHeritage(walk: Walk, node: NodeOf<"TSInterfaceHeritage"> | NodeOf<"TSClassImplements">): void {
  walk.use("type", chainOf(node.expression), node.expression);
  walk.visit(node.typeArguments);
}

function readInterface(walk: Walk, node: NodeOf<"TSInterfaceDeclaration">): void {
  const draft = walk.addScope("interface", walk.prefix + node.id.name, node.id, node, node.body);
  draft.bases = node.extends.map(({ expression }) => ({ chain: chainOf(expression), isInterface: true }));
  draft.isEmpty = node.body.body.length === 0;
  inTypeScope(walk, node.typeParameters, () => {
    walk.visitAll(node.extends);
    readMembers(walk, node.body.body);
  });
}

function readAlias(walk: Walk, node: NodeOf<"TSTypeAliasDeclaration">): void {
  const draft = walk.addScope("interface", walk.prefix + node.id.name, node.id, node, node.typeAnnotation);
  draft.bases = namedTypes(node.typeAnnotation).map((chain) => ({ chain, isInterface: true }));
  inTypeScope(walk, node.typeParameters, () => {
    if (node.typeAnnotation.type === "TSTypeLiteral") readMembers(walk, node.typeAnnotation.members);
    else walk.visit(node.typeAnnotation);
  });
}

/** An alias has what the types have that it names: `Router | undefined`, `Routes & Named`. */
function namedTypes(type: TSType): readonly Chain[] {
  if (type.type === "TSTypeReference") return [qualifiedChain(type.typeName)];
  if (type.type === "TSIntersectionType") return type.types.flatMap(namedTypes);
  if (type.type !== "TSUnionType") return [];
  const named = type.types.flatMap(namedTypes);
  return named.length === 1 ? named : [];
}

function inTypeScope(walk: Walk, parameters: TSTypeParameterDeclaration | null, read: () => void): void {
  walk.inScope(walk.scopes.length - 1, () =>
    walk.inBlock(() => {
      declareTypeParameters(walk, parameters);
      read();
    }),
  );
}

/** Methods of an interface are scopes without a body, its other members are fields. */
function readMembers(walk: Walk, members: readonly Member[]): void {
  for (const member of members) {
    const name =
      member.type === "TSMethodSignature" || member.type === "TSPropertySignature"
        ? (keyName(member.key, member.computed) ?? `[${walk.sourceOf(member.key)}]`)
        : undefined;
    const signature = member.type === "TSPropertySignature" ? member.typeAnnotation?.typeAnnotation : member;
    if (name === undefined) walk.visit(member);
    else if (signature?.type === "TSMethodSignature" || signature?.type === "TSFunctionType") {
      readMethod(walk, member, name, signature);
    } else if (member.type === "TSPropertySignature") {
      const { key, typeAnnotation: type } = member;
      addBinding(walk, { scope: walk.scope, name, kind: "field", at: key, type, isLate: false });
      walk.visit(member);
    }
  }
}

function readMethod(walk: Walk, member: Member, name: string, signature: Signature): void {
  const draft: ScopeDraft = walk.addScope("method", name, member, member, signature);
  draft.parameters = signature.params
    .filter((parameter) => !isThisParameter(parameter))
    .map((each) => nameOf(walk, each));
  draft.isEmpty = true;
  readResult(draft, signature.returnType);
  walk.inScope(walk.scopes.length - 1, () => walk.visit(signature));
}

function readSignature(walk: Walk, node: Signature): void {
  walk.inBlock(() => {
    if (node.type === "TSMethodSignature") walk.visitKey(node.key, node.computed);
    declareTypeParameters(walk, node.typeParameters);
    for (const parameter of node.params) {
      for (const { name } of patternNames(parameter)) declareName(walk, name, "local");
    }
    for (const parameter of node.params) visitPattern(walk, parameter);
    walk.visit(node.returnType);
  });
}
