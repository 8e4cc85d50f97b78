import { useCallback, useSyncExternalStore } from "react";

const prefix = "throughline.draft.";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function readDraft(key: string): string {
  return sessionStorage.getItem(prefix + key) ?? "";
}

export function writeDraft(key: string, text: string): void {
  if (text === "") sessionStorage.removeItem(prefix + key);
  else sessionStorage.setItem(prefix + key, text);
  for (const listener of listeners) listener();
}

export function moveDraft(from: string, to: string): void {
  const text = readDraft(from);
  if (text === "") return;
  writeDraft(to, text);
  writeDraft(from, "");
}

/** What was typed and not sent below `key`; it is kept until the tab is closed. */
export function useDraft(key: string): [string, (text: string) => void] {
  const text = useSyncExternalStore(subscribe, () => readDraft(key));
  const change = useCallback((changed: string) => writeDraft(key, changed), [key]);
  return [text, change];
}
