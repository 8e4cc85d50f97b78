import { hash } from "node:crypto";
import { splitEvents } from "../support/split-events.ts";
import type { TestDevice } from "../support/test-device.ts";

const rememberedMax = 20_000;

/** What one user's devices were shown, compared: every device gets the same bytes for the same place. */
export class Ledger {
  readonly #hashes = new Map<number, string>();
  events = 0;

  /** Takes everything that a device has seen; throws when it differs from what another one saw. */
  take(device: TestDevice): void {
    const texts = splitEvents(device.eventTexts);
    for (const [index, event] of device.events.entries()) {
      this.events += 1;
      // Compaction may have put it in the place of what another device still saw.
      if (event.type === "compacted") continue;
      const seen = hash("sha1", texts[index] ?? "");
      const known = this.#hashes.get(event.sequence);
      if (known !== undefined && known !== seen)
        throw new Error(`two devices saw different events at ${event.sequence}`);
      this.#hashes.set(event.sequence, seen);
    }
    for (const sequence of this.#hashes.keys()) {
      if (this.#hashes.size <= rememberedMax) break;
      this.#hashes.delete(sequence);
    }
  }
}
