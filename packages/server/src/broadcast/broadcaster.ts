import type { ResetReason, UserId } from "@throughline/protocol";
import { type BroadcastOptions, FeedBroadcast } from "./feed-broadcast.ts";
import type { Sink } from "./subscription.ts";

/**
 * The only way from a feed to the devices of its owner. There is nothing to call for sending an event: what is in the log
 * reaches every subscription of that feed, in order, once, and nobody else.
 */
export class Broadcaster {
  readonly #options: BroadcastOptions;
  readonly #feeds = new Map<UserId, FeedBroadcast>();

  constructor(options: BroadcastOptions) {
    this.#options = options;
  }

  /** Users with at least one subscription on this node. */
  get feeds(): number {
    return this.#feeds.size;
  }

  /**
   * Delivers everything of the feed after `after` to the sink until the returned function is called. With `reset`, the
   * sink is told so first, and `after` is the head that it goes on from.
   */
  subscribe(feed: UserId, after: number, sink: Sink, reset?: ResetReason): () => void {
    let broadcast = this.#feeds.get(feed);
    if (broadcast === undefined) {
      broadcast = new FeedBroadcast(feed, this.#options);
      this.#feeds.set(feed, broadcast);
    }
    const unsubscribe = broadcast.add(after, sink, reset);
    return () => {
      unsubscribe();
      if (broadcast.idle && this.#feeds.get(feed) === broadcast) {
        this.#feeds.delete(feed);
        broadcast.close();
      }
    };
  }
}
