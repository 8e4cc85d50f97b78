import type { JsonValue } from "@throughline/protocol";

const blockCharactersMax = 4_000;

/** Text as a Markdown block that nothing inside can end; what is too long is cut, and says so. */
export function fencedBlock(text: string, language = ""): string {
  const cut = text.length > blockCharactersMax;
  const shown = cut ? text.slice(0, blockCharactersMax) : text;
  const longest = Math.max(2, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const note = cut ? `\n\n(the first ${blockCharactersMax} of ${text.length} characters)` : "";
  return `${fence}${language}\n${shown}\n${fence}${note}`;
}

export function jsonBlock(value: JsonValue): string {
  return fencedBlock(JSON.stringify(value, undefined, 2), "json");
}

/** Text inside a line: one line, and no Markdown of its own. */
export function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>|#~]/g, "\\$&");
}
