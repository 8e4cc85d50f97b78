import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import { isAtEnd, type ScrollPlace, sticksAfterScroll } from "./stick-to-end.ts";

interface StickToEnd {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly atEnd: boolean;
  toEnd(): void;
}

/**
 * Keeps the end in sight while content grows or the window changes, unless the reader has scrolled up to read.
 *
 * @param firstKey changes when content was put in front; what is being read then stays where it is
 * @param ownKey changes when the reader has added something, which leads to the end
 */
export function useStickToEnd(firstKey: string | undefined, ownKey: string | undefined): StickToEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  /** Distance from the top of what is in sight to the end of the content. */
  const fromEnd = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    sticks.current = true;
    setAtEnd(true);
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || content.current === null) return;
    let topBefore = 0;
    const place = (): ScrollPlace => ({
      top: element.scrollTop,
      viewportHeight: element.clientHeight,
      contentHeight: element.scrollHeight,
    });
    const note = (now: ScrollPlace) => {
      topBefore = now.top;
      fromEnd.current = now.contentHeight - now.top;
      setAtEnd(sticks.current || isAtEnd(now));
    };
    const onScroll = () => {
      const now = place();
      sticks.current = sticksAfterScroll(sticks.current, topBefore, now);
      note(now);
    };
    const onResize = () => {
      if (sticks.current) element.scrollTop = element.scrollHeight;
      const now = place();
      sticks.current = isAtEnd(now);
      note(now);
    };
    // Whoever opens something wants to read it, not to see it leave upwards.
    const onClick = (event: MouseEvent) => {
      if (event.target instanceof Element && event.target.closest("summary") !== null) sticks.current = false;
    };
    const observer = new ResizeObserver(onResize);
    observer.observe(element);
    observer.observe(content.current);
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("click", onClick);
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("click", onClick);
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when content was put in front
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && !sticks.current) element.scrollTop = element.scrollHeight - fromEnd.current;
  }, [firstKey]);

  useLayoutEffect(() => {
    if (ownKey !== undefined) toEnd();
  }, [ownKey, toEnd]);

  return { scroller, content, atEnd, toEnd };
}
