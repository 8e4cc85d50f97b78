/** "what time is it in Tokyo", "what date is next Friday", "when is 3 weeks from now". */
import { callIntent, type Intent, type IntentReader } from "./intent.ts";

const clockPattern =
  /^(?:what(?:'s| is)?\s+|which\s+|how late\s+)?(?:is\s+it\s+)?(?:the\s+)?(?:current\s+|local\s+|exact\s+)*time(?:\s+is\s+it|\s+it\s+is|\s+is\s+now)?(?:\s+right)?(?:\s+now)?(?:\s+(?:in|at|for)\s+(?<place>[\s\S]+))?$/i;

/** Without a place the answer is in UTC, which the answer says. */
export const readClock: IntentReader = (text) => {
  const clock = clockPattern.exec(bare(text));
  return clock === null ? undefined : placeIntent(clock.groups?.place ?? "UTC");
};

/** For "time in Tokyo and Lisbon": a piece of text that is nothing but a name, after a question for the time. */
export const readPlace: IntentReader = (text) => {
  const place = bare(text).replace(/^in\s+/i, "");
  if (!/^\p{L}[\p{L}\p{M}.'’ /_-]{1,60}$/u.test(place) || place.split(" ").length > placeWordsMax) return undefined;
  return /^(?:what|which|who|when|where|why|how|is|are|do|does|can|i|you|it)\b/i.test(place)
    ? undefined
    : placeIntent(place);
};

const placeWordsMax = 4;

function placeIntent(named: string): Intent {
  const place = bare(named)
    .replace(/\s+(?:right now|now|currently|today|at the moment)$/i, "")
    .replace(/^the\s+/i, "");
  return callIntent("world_clock", { place }, `the time in ${place}`);
}

const datePatterns: readonly RegExp[] = [
  /^(?:what|which)\s+(?:date|day|weekday|day of the week)\s+(?:is|was|will be|will it be|falls on)\s+(?<date>[\s\S]+)$/i,
  /^when\s+(?:is|was|will be|are)\s+(?<date>[\s\S]+)$/i,
  /^what(?:'s| is| was)\s+the\s+date\s+(?:of\s+|on\s+|in\s+)?(?<date>[\s\S]+)$/i,
  /^what(?:'s| is)\s+(?<date>today|tomorrow|yesterday)(?:'s\s+date)?$/i,
  /^(?:parse|find|work out)\s+(?:the\s+)?date\s*:?\s+(?:of\s+|in\s+)?(?<date>[\s\S]+)$/i,
  /^(?<date>what(?:'s| is)\s+the\s+date)$/i,
];

export const readDate: IntentReader = (text) => {
  const question = bare(text);
  for (const pattern of datePatterns) {
    const named = pattern.exec(question)?.groups?.date;
    if (named === undefined) continue;
    const date = /^(?:it|what\b.*)$/i.test(named) ? "today" : named.replace(/^it\s+(?=\S)/i, "");
    return callIntent("parse_date", { text: date }, `the date of "${date}"`);
  }
  return undefined;
};

function bare(text: string): string {
  return text.replace(/[\s.?!,;:]+$/, "");
}
