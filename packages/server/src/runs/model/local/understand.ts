/** From the text of a message to what it asks for. One message may ask for several things at once. */
import { readCalculation } from "./arithmetic.ts";
import { readCommand } from "./command.ts";
import { readDocuments } from "./documents.ts";
import type { Intent, IntentReader } from "./intent.ts";
import { readNoteSave, readNotes } from "./notes.ts";
import { readRecital } from "./recital.ts";
import { readSpeech } from "./speech.ts";
import { readClock, readDate, readPlace } from "./time.ts";
import { readConversion } from "./units.ts";

export interface Understanding {
  readonly intents: readonly Intent[];
  /** Pieces of the message that mean nothing to any reader; all of it when there are no intents. */
  readonly unclear: readonly string[];
}

/** More than any request that is meant for a person's eyes; what is longer is not looked at. */
const readCharactersMax = 2_000;
const intentsMax = 8;

/** Readers of a whole message, which take everything that follows. */
const wholeReaders: readonly IntentReader[] = [readCommand, readNoteSave];
/** Readers of a piece of a message; the first that understands it wins. */
const pieceReaders: readonly IntentReader[] = [
  readRecital,
  readConversion,
  readCalculation,
  readClock,
  readDate,
  readNotes,
  readDocuments,
];

export function understand(message: string): Understanding {
  const whole = firstOf(wholeReaders, message.trim());
  if (whole !== undefined) return { intents: [whole], unclear: [] };
  if (message.length > readCharactersMax) return { intents: [], unclear: [message] };
  const text = message.trim().replace(/[^\S\n]+/g, " ");
  const polite = firstOf(wholeReaders, withoutPoliteness(text));
  if (polite !== undefined) return { intents: [polite], unclear: [] };
  const pieces = readPieces(piecesOf(text));
  if (pieces.unclear.length === 0 || pieces.intents.length > 1) return pieces;
  // A comma or an "and" may belong to what is asked: "max(1, 2)", "search for salt and pepper". Not to a time or a date.
  const single = firstOf(pieceReaders, withoutPoliteness(text));
  if (single === undefined || (pieces.intents.length > 0 && isTime(single))) return pieces;
  return { intents: [single], unclear: [] };
}

function readPieces(pieces: readonly string[]): Understanding {
  const intents: Intent[] = [];
  const unclear: string[] = [];
  let afterClock = false;
  for (const piece of pieces) {
    const text = withoutPoliteness(piece);
    const speech = readSpeech(piece);
    if (text === "" && speech === undefined) continue;
    const intent: Intent | undefined =
      speech ?? firstOf([readSpeech, ...pieceReaders], text) ?? (afterClock ? readPlace(text) : undefined);
    afterClock = intent?.kind === "call" && intent.tool === "world_clock";
    if (intent === undefined) unclear.push(piece);
    else if (intents.length < intentsMax && !intents.some((known) => isSame(known, intent))) intents.push(intent);
  }
  return { intents, unclear };
}

/** At the end of sentences, at commas and at "and"; numbers such as 1,234.5 and names such as report.txt stay whole. */
function piecesOf(text: string): string[] {
  const ends = /[?!;\n]+|\.(?:\s+|$)|,\s+(?:and\s+)?(?:then\s+)?|\s+(?:and|&)\s+(?:then\s+|also\s+)?/i;
  return text.split(ends).map((piece) => piece.trim());
}

const politeness =
  /^(?:(?:please|hey|ok|okay|well|so|also|then|and|now|kindly|can you|could you|would you|will you|tell me|show me|give me|let me know|do you know|i(?:'d| would) like to know|i want to know|throughline)\b[\s,]*)+/i;

/** Empty when there was nothing else. */
function withoutPoliteness(text: string): string {
  return text.replace(politeness, "").replace(/(?<=\S)[\s,]+(?:please|thanks|thank you)[\s.?!]*$/i, "");
}

function firstOf(readers: readonly IntentReader[], text: string): Intent | undefined {
  for (const read of readers) {
    const intent = read(text);
    if (intent !== undefined) return intent;
  }
  return undefined;
}

function isTime(intent: Intent): boolean {
  return intent.kind === "call" && (intent.tool === "world_clock" || intent.tool === "parse_date");
}

function isSame(left: Intent, right: Intent): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
