// What every script needs before its own work: a Node that can run the packages, and the dependencies. Runs on Node 20.
import { install } from "./install.mjs";
import { supportedNode } from "./pinned-node.mjs";
import { withNode } from "./run.mjs";

/** Path of a supported `node`, and the environment in which it is the first one. */
export async function prepare() {
  const node = await supportedNode();
  const env = withNode(node);
  await install(node, env);
  return { node, env };
}
