import { chainOf } from "./chain-of.ts";
import type { NodeOf, Visitors, Walk } from "./walk.ts";

export const jsxVisitors: Visitors = {
  JSXOpeningElement: readElement,
  // The names in these are attributes, or stand in the opening element already.
  JSXClosingElement: () => {},
  JSXAttribute: (walk, node) => walk.visit(node.value),
};

/** An element of a component calls it with its attributes; one of the page (`<div>`) calls nobody. */
function readElement(walk: Walk, node: NodeOf<"JSXOpeningElement">): void {
  const { name, attributes } = node;
  if (name.type === "JSXMemberExpression" || (name.type === "JSXIdentifier" && /^[^a-z]/.test(name.name))) {
    const keys = attributes.flatMap((attribute) =>
      attribute.type === "JSXAttribute" && attribute.name.type === "JSXIdentifier" ? [attribute.name.name] : [],
    );
    walk.use("call", chainOf(name), name, keys.slice(0, 4), attributes.length > 0 ? 1 : 0);
  }
  walk.visit(node.typeArguments);
  walk.visitAll(attributes);
}
