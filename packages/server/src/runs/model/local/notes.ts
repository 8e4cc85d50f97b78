/** "note groceries: milk", "remember that the code is 42", "my notes", "read note groceries", "delete note groceries". */
import { callIntent, type Intent, type IntentReader } from "./intent.ts";

const verb = String.raw`(?:(?:save|add|make|write|take|create|keep)\s+(?:me\s+)?(?:an?\s+|this\s+)?(?:new\s+)?)?`;
const named = String.raw`(?:called\s+|named\s+|titled\s+|about\s+)?`;
const titled = String.raw`(?:"(?<quoted>[^"\n]{1,120})"|(?<title>[^":\s][^":\n]{0,119}?))`;

/** How a message begins that saves a note; all that follows is its text. */
const savePatterns: readonly RegExp[] = [
  // "note: milk", "take a note: milk", "note that the code is 42"
  new RegExp(String.raw`^${verb}note(?:\s+that\b|\s*[:,-])\s*`, "i"),
  // "note groceries: milk", "save a note called groceries: milk"
  new RegExp(String.raw`^${verb}note\s+${named}${titled}\s*:\s*`, "i"),
  /^(?:remember|remind me|don't forget|note down|write down)(?:\s+that\b|\s+to\b|\s*:)?\s+/i,
];
/** A beginning is short; the rest is not searched, however long the message is. */
const beginningCharactersMax = 400;

/** Reads whole messages: the text of a note may be about anything. */
export const readNoteSave: IntentReader = (message) => {
  for (const pattern of savePatterns) {
    const beginning = pattern.exec(message.slice(0, beginningCharactersMax));
    if (beginning === null) continue;
    const text = message.slice(beginning[0].length).trim();
    const title = beginning.groups?.quoted ?? beginning.groups?.title ?? titleOf(text);
    return text === "" || title === "" ? undefined : save(title.trim(), text);
  }
  return undefined;
};

function save(title: string, text: string): Intent {
  return callIntent("note_save", { title, text }, `a note called "${title}"`);
}

const titleWordsMax = 5;
const titleCharactersMax = 40;

function titleOf(text: string): string {
  const words = text.slice(0, beginningCharactersMax).split(/\s+/).slice(0, titleWordsMax).join(" ");
  return Array.from(words)
    .slice(0, titleCharactersMax)
    .join("")
    .replace(/[\s.,;:!?]+$/, "");
}

const listPattern =
  /^(?:(?:list|show|what are|see|display)\s+)?(?:all\s+)?(?:of\s+)?(?:my\s+|the\s+)?notes$|^what notes do i have$|^do i have (?:any )?notes$/i;
const readPatterns: readonly RegExp[] = [
  new RegExp(String.raw`^(?:(?:read|show|open|get|find)\s+(?:me\s+)?)?(?:the\s+|my\s+)?note\s+${named}${titled}$`, "i"),
  new RegExp(String.raw`^what\s+does\s+(?:the|my)\s+note\s+${named}${titled}\s+say$`, "i"),
  new RegExp(String.raw`^what(?:'s| is)\s+in\s+(?:the|my)\s+note\s+${named}${titled}$`, "i"),
];
const deletePattern = new RegExp(
  String.raw`^(?:delete|remove|erase|throw away)\s+(?:the\s+|my\s+)?note\s+${named}${titled}$`,
  "i",
);

export const readNotes: IntentReader = (text) => {
  const bare = text.replace(/[\s.?!]+$/, "");
  if (listPattern.test(bare)) return callIntent("note_list", {}, "your notes");
  const deleted = titleIn(deletePattern.exec(bare));
  if (deleted !== undefined) return callIntent("note_delete", { title: deleted }, `deleting the note "${deleted}"`);
  for (const pattern of readPatterns) {
    const title = titleIn(pattern.exec(bare));
    if (title !== undefined) return callIntent("note_read", { title }, `the note "${title}"`);
  }
  return undefined;
};

function titleIn(match: RegExpExecArray | null): string | undefined {
  return (match?.groups?.quoted ?? match?.groups?.title)?.trim();
}
