import type { UsePlace } from "./file-facts.ts";

/** An ordinary branch inside of a handler or behind a flag is still there: `catch (e) { if (isLate(e)) other(); }`. */
export function placeWithin(outer: UsePlace, inner: UsePlace): UsePlace {
  return inner === "branch" && outer !== "plain" ? outer : inner;
}
