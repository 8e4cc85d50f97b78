/**
 * What belongs to whom: a canary that each test user says in its messages, its user id, and every id that the server gives
 * its threads, runs, messages and calls. Whatever one user is shown must hold no mark of another.
 */
import { randomBytes } from "node:crypto";
import { isObject, type SeenEvent } from "./wire.ts";

/** Made so that no text holds one by chance. */
const pattern = /canary[0-9a-f]{20}|\b(?:thr|run|msg|call)_[A-Za-z0-9]{8,40}/g;

export function newCanary(): string {
  return `canary${randomBytes(10).toString("hex")}`;
}

export interface ForeignMark {
  readonly mark: string;
  readonly owner: string;
}

/** Names users by their labels. */
export class Marks {
  readonly #owners = new Map<string, string>();
  readonly #userIds = new Map<string, string>();

  /** Whoever had it first keeps it. */
  claim(mark: string, owner: string): void {
    if (!this.#owners.has(mark)) this.#owners.set(mark, owner);
  }

  /** The ids that the server has given in an event. Ids in texts are whatever somebody wrote. */
  claimIds({ threadId, runId, data }: SeenEvent, owner: string): void {
    const answer = isObject(data.message) ? data.message.messageId : undefined;
    for (const id of [threadId, runId, data.messageId, data.callId, answer]) {
      if (typeof id === "string") this.claim(id, owner);
    }
  }

  ownerOf(mark: string): string | undefined {
    return this.#owners.get(mark);
  }

  claimUserId(userId: string, owner: string): void {
    // As JSON writes it: a short user id may be part of a word.
    this.#userIds.set(JSON.stringify(userId), owner);
  }

  /** Others' marks in a text that `reader` was shown. */
  foreignIn(text: string, reader: string): readonly ForeignMark[] {
    const foreign: ForeignMark[] = [];
    for (const [mark] of text.matchAll(pattern)) {
      const owner = this.#owners.get(mark);
      if (owner !== undefined && owner !== reader) foreign.push({ mark, owner });
    }
    for (const [mark, owner] of this.#userIds) {
      if (owner !== reader && text.includes(mark)) foreign.push({ mark, owner });
    }
    return foreign;
  }
}
