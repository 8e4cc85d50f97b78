import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

const endTolerancePixels = 48;

interface StickToEnd {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly atEnd: boolean;
  toEnd(): void;
}

/** Keeps the end in sight while content grows  unless the reader has scrolled up to read. */
export function useStickToEnd(content: unknown, pendingCount: number): StickToEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const [atEnd, setAtEnd] = useState(true);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const onScroll = () => {
      sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < endTolerancePixels;
      setAtEnd(sticks.current);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, []);

  const toEnd = useCallback(() => {
    sticks.current = true;
    setAtEnd(true);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the content has changed
  useLayoutEffect(() => {
    if (sticks.current) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [content, pendingCount]);

  return { scroller, atEnd, toEnd };
}
