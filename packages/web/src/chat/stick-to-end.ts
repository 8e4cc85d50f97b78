/** Where a scroller stands, in CSS pixels. */
export interface ScrollPlace {
  readonly top: number;
  readonly viewportHeight: number;
  readonly contentHeight: number;
}

const endTolerancePixels = 48;

export function isAtEnd({ top, viewportHeight, contentHeight }: ScrollPlace): boolean {
  return contentHeight - top - viewportHeight < endTolerancePixels;
}

/**
 * Whether the end stays in sight after the scroller has moved. Only moving up lets go of it: content that has grown since
 * also leaves a distance to the end, but nobody asked for that one.
 */
export function sticksAfterScroll(sticks: boolean, topBefore: number, now: ScrollPlace): boolean {
  if (isAtEnd(now)) return true;
  return sticks && now.top >= topBefore;
}
