import type { Event, EventOf, EventType, ResetFrame } from "@throughline/protocol";

/** One handler for each event type, and one for `reset`: a type that is forgotten does not compile. */
export type EventHandlers = { readonly [Type in EventType]: (event: EventOf<Type>) => void } & {
  /** The place in the feed is lost: load snapshots again; events go on from `head`. */
  readonly reset: (frame: ResetFrame) => void;
};

export function handleEvent(handlers: EventHandlers, event: Event): void {
  const handler = handlers[event.type] as ((event: Event) => void) | undefined;
  // A newer server may say what this version does not know; everything it does know stays right.
  handler?.(event);
}
