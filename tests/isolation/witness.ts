import { randomBytes } from "node:crypto";
import type { TestDevice } from "../support/test-device.ts";

const canaryPattern = /canary-[0-9a-f]{16}/g;
export const idPattern = /\b(?:thr|run|msg|call)_[A-Za-z0-9]+/g;

/**
 * Everything that reached one user, looked through as it comes and then forgotten. The canary goes into every field that the
 * user can fill; nobody else can know it.
 */
export class Witness {
  readonly name: string;
  readonly canary = `canary-${randomBytes(8).toString("hex")}`;
  /** Ids in the events that it was sent: those are its own, or there is a leak. */
  readonly ids = new Set<string>();
  /** Canaries of others. */
  readonly foreign = new Set<string>();
  /** Texts in which its own canary stood: otherwise nothing was looked at. */
  ownTexts = 0;
  texts = 0;

  constructor(name: string) {
    this.name = name;
  }

  take(device: TestDevice): void {
    for (const text of device.frameTexts) this.takeText(text);
    for (const text of device.eventTexts) for (const [id] of text.matchAll(idPattern)) this.ids.add(id);
  }

  /** A frame, or the body of an answer. */
  takeText(text: string): void {
    this.texts += 1;
    let own = false;
    for (const [seen] of text.matchAll(canaryPattern)) {
      if (seen === this.canary) own = true;
      else this.foreign.add(seen);
    }
    if (own) this.ownTexts += 1;
  }
}

/** What reached somebody although it belongs to somebody else. */
export function leaks(witnesses: readonly Witness[]): string[] {
  const found: string[] = [];
  const owners = new Map<string, string>();
  for (const { name, foreign, ids } of witnesses) {
    for (const seen of foreign) found.push(`${name} saw ${seen}`);
    for (const id of ids) {
      const owner = owners.get(id);
      if (owner !== undefined) found.push(`${name} saw ${id} of ${owner}`);
      owners.set(id, name);
    }
  }
  return found;
}
