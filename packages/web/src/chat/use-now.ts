import { useEffect, useState } from "react";

const intervalMs = 250;

/** Milliseconds since the epoch, renewed while there is an `occasion`, and at once when it changes. */
export function useNow(occasion: object | undefined): number {
  const [now, setNow] = useState(() => Date.now());
  const [seen, setSeen] = useState(occasion);
  if (seen !== occasion) {
    setSeen(occasion);
    setNow(Date.now());
  }
  useEffect(() => {
    if (occasion === undefined) return;
    const timer = setInterval(() => setNow(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [occasion]);
  return now;
}
