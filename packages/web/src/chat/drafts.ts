const prefix = "throughline.draft.";

/** What was typed and not sent, for each thread, until the tab is closed. */
export function readDraft(key: string): string {
  return sessionStorage.getItem(prefix + key) ?? "";
}

export function writeDraft(key: string, text: string): void {
  if (text === "") sessionStorage.removeItem(prefix + key);
  else sessionStorage.setItem(prefix + key, text);
}
