import type { BaseFact, Chain } from "../file-facts.ts";
import { addBinding } from "./bind.ts";
import { chainOf } from "./chain-of.ts";
import { keyName } from "./expressions-of.ts";
import { isDeclarationFile } from "./parse-source.ts";
import { declareTypeParameters, type FunctionNode, readNamedFunction } from "./read-function.ts";
import { isScopeValue, readNamedValue } from "./read-value.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

type ClassNode = NodeOf<"ClassDeclaration">;
type MethodNode = NodeOf<"MethodDefinition">;
type FieldNode = NodeOf<"PropertyDefinition"> | NodeOf<"AccessorProperty">;

export const classVisitors: Visitors = {
  ClassDeclaration: readClass,
  ClassExpression: readClass,
};

function readClass(walk: Walk, node: ClassNode): void {
  const given = walk.givenName;
  walk.givenName = undefined;
  // An id of its own is only visible inside a class that is the value of a name.
  const name = given?.name ?? (node.id === null ? "(class)" : walk.prefix + node.id.name);
  walk.visitAll(node.decorators);
  const kind = isDeclarationFile(walk.path) ? "interface" : "class";
  const draft = walk.addScope(kind, name, given?.at ?? node.id ?? node, node, node.body);
  const index = walk.scopes.length - 1;
  draft.bases = basesOf(node);
  draft.decorators = decoratorChains(node.decorators);
  draft.isEmpty = node.body.body.length === 0;
  walk.inScope(index, () =>
    walk.inBlock(() => {
      declareTypeParameters(walk, node.typeParameters);
      walk.visit(node.superClass);
      walk.visit(node.superTypeArguments);
      walk.visitAll(node.implements);
      for (const member of node.body.body) readMember(walk, member, index);
    }),
  );
}

function basesOf(node: ClassNode): BaseFact[] {
  const bases: BaseFact[] = [];
  if (node.superClass !== null) bases.push({ chain: chainOf(node.superClass), isInterface: false });
  for (const { expression } of node.implements ?? []) bases.push({ chain: chainOf(expression), isInterface: true });
  return bases;
}

function readMember(walk: Walk, member: ClassNode["body"]["body"][number], index: number): void {
  switch (member.type) {
    case "MethodDefinition":
    case "TSAbstractMethodDefinition":
      readMethod(walk, member, index);
      return;
    case "PropertyDefinition":
    case "TSAbstractPropertyDefinition":
    case "AccessorProperty":
    case "TSAbstractAccessorProperty":
      readField(walk, member, index);
      return;
    case "StaticBlock":
      walk.inFunction({ thisScope: index, isSetUp: true, isOwnScope: false }, () =>
        walk.inBlock(() => walk.visitAll(member.body)),
      );
      return;
    default:
      walk.visit(member);
  }
}

function readMethod(walk: Walk, member: MethodNode, index: number): void {
  walk.visitAll(member.decorators);
  walk.visitKey(member.key, member.computed);
  readNamedFunction(walk, member.value as FunctionNode, {
    kind: "method",
    name: memberName(walk, member),
    nameAt: member.key,
    whole: member,
    isStatic: member.static,
    isAccessor: member.kind === "get",
    isPrivate: isPrivate(member),
    decorators: decoratorChains(member.decorators),
    thisScope: index,
    isConstructor: member.kind === "constructor",
  });
}

function readField(walk: Walk, member: FieldNode, index: number): void {
  walk.visitAll(member.decorators);
  walk.visitKey(member.key, member.computed);
  const name = memberName(walk, member);
  const { value } = member;
  if (value === null || !isScopeValue(value)) {
    addBinding(walk, {
      scope: index,
      name,
      kind: "field",
      at: member.key,
      type: member.typeAnnotation,
      value,
      isLate: false,
    });
  }
  walk.visit(member.typeAnnotation);
  if (value === null) return;
  walk.inFunction({ thisScope: index, isSetUp: true, isOwnScope: false }, () =>
    readNamedValue(walk, value, {
      ...{ kind: "method", name, nameAt: member.key, whole: member, isStatic: member.static },
      isPrivate: isPrivate(member),
    }),
  );
}

function isPrivate({ accessibility }: MethodNode | FieldNode): boolean {
  return accessibility === "private" || accessibility === "protected";
}

function memberName(walk: Walk, member: MethodNode | FieldNode): string {
  return keyName(member.key, member.computed) ?? `[${walk.sourceOf(member.key)}]`;
}

function decoratorChains(decorators: readonly NodeOf<"Decorator">[]): Chain[] {
  return decorators.map(({ expression }) =>
    chainOf(expression.type === "CallExpression" ? expression.callee : expression),
  );
}
