import type { RunId, RunView } from "@throughline/protocol";
import { useEffect, useRef, useState } from "react";
import { announcement, type Standings, standingsOf } from "./announcement.ts";

interface AnnouncerProps {
  /** Undefined while they are loading. */
  readonly runs: readonly RunView[] | undefined;
  /** The run that began this thread just now: news, however far it has come. */
  readonly begunRunId: RunId | undefined;
}

/** Tells a screen reader about finished answers and about questions, not about every word that arrives. */
export function Announcer({ runs, begunRunId }: AnnouncerProps) {
  const [text, setText] = useState("");
  const known = useRef<Standings>(undefined);
  useEffect(() => {
    if (runs === undefined) return;
    // What was there when the thread was opened is read by whoever reads the page.
    const before = known.current ?? standingsOf(runs.filter(({ runId }) => runId !== begunRunId));
    known.current = standingsOf(runs);
    const news = announcement(before, runs);
    if (news !== undefined) setText(news);
  }, [runs, begunRunId]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
