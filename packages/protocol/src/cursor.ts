import type { Cursor } from "./ids.ts";

/**
 * A place in one feed: `epoch` names the life of the log in which it was given out, `sequence` the last event that the
 * holder has seen (0 = none). Clients keep cursors as opaque text.
 */
export interface CursorPlace {
  readonly epoch: string;
  readonly sequence: number;
}

const pattern = /^([a-z0-9]{4,32})-(0|[1-9][0-9]{0,15})$/;

export function formatCursor(epoch: string, sequence: number): Cursor {
  return `${epoch}-${sequence}` as Cursor;
}

/** The place, or undefined when the text is no cursor. A cursor of a foreign log parses; its epoch will not match. */
export function parseCursor(text: unknown): CursorPlace | undefined {
  if (typeof text !== "string") return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const sequence = Number(match[2]);
  if (!Number.isSafeInteger(sequence)) return undefined;
  return { epoch: match[1] as string, sequence };
}
