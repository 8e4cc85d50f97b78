import { BridgeRefusal } from "./bridge-refusal.ts";
import type { OpenBridge } from "./bridges.ts";
import type { Outcome } from "./outcome.ts";

/** Does the work of one call of older code, and counts the call by how it ended; one that throws is counted as well. */
export async function counted(bridge: OpenBridge, work: () => Promise<Outcome>): Promise<Outcome> {
  const used = bridge.call();
  let kind: Outcome["kind"] = "failed";
  try {
    const outcome = await work();
    kind = outcome.kind;
    return outcome;
  } catch (error) {
    if (error instanceof BridgeRefusal) kind = "refused";
    throw error;
  } finally {
    used(kind);
  }
}
