/** Texts that take a while to say, so that stop, reload and a killed server can be tried by hand. */
import type { IntentReader } from "./intent.ts";

const countMax = 10_000;
const countPattern =
  /^count(?:\s+from\s+(?<from>\d{1,9}))?(?:\s+up)?\s+to\s+(?<to>\d{1,9})(?<slowly>\s+slowly)?[.!?]*$/i;
const storyPattern = /^(?:tell|write|recite)?\s*(?:me\s+)?an?\s+(?:\w+\s+)?story\b(?<rest>[\s\S]*)$/i;

/** "count to 200", "count from 5 to 50 slowly", "tell me a long story", "tell me a story slowly". */
export const readRecital: IntentReader = (text) => {
  const count = countPattern.exec(text)?.groups;
  if (count !== undefined) {
    const from = Number(count.from ?? 1);
    const to = Number(count.to);
    const slowly = count.slowly !== undefined;
    return { kind: "recital", text: countText(from, to), subject: `counting from ${from} to ${to}`, slowly };
  }
  const story = storyPattern.exec(text)?.groups;
  if (story === undefined) return undefined;
  const slowly = /\bslowly\b/i.test(story.rest ?? "");
  return { kind: "recital", text: storyText(), subject: "a story; I know one", slowly };
};

function countText(from: number, to: number): string {
  const direction = from <= to ? 1 : -1;
  const wanted = Math.abs(to - from) + 1;
  const numbers = Array.from({ length: Math.min(wanted, countMax) }, (_, index) => from + index * direction);
  const text = numbers.join(", ");
  return wanted > countMax ? `${text} … and here I stop: I count ${countMax} numbers at most.` : `${text}.`;
}

const chapterCount = 40;
const senders = ["a lighthouse keeper", "a clockmaker", "a night nurse", "a bridge builder", "a beekeeper"];
const obstacles = [
  "a storm that took the bridge",
  "a ferry that left without it",
  "a door that two porters opened at once",
  "a tunnel that lost its lights half-way",
  "a crowd that spoke all at the same time",
  "a station that was closed and rebuilt overnight",
  "a forged letter that looked just like it",
];
const rescues = [
  "waited for the first stone of the new one",
  "took the next one and lost no time over it",
  "showed its number, and only one of them wrote it down",
  "felt along the wall to where it had been before",
  "stood in line until its turn came",
  "found its place in the book, under yesterday's last line",
  "let the seal be compared, and the other was sent away",
];

/** Every chapter is numbered and different, so that a reader sees whether one is missing or told twice. */
function storyText(): string {
  const chapters = Array.from({ length: chapterCount }, (_, index) => {
    const sender = senders[index % senders.length];
    const obstacle = obstacles[index % obstacles.length];
    const rescue = rescues[index % rescues.length];
    const miles = (index + 1) * 17;
    return (
      `**Chapter ${index + 1} of ${chapterCount}.** On the road from ${sender} the small message met ${obstacle}. ` +
      `It did not turn back and it did not run ahead; it ${rescue}. By evening it had come ${miles} miles, ` +
      `and in the ledger of the inn it wrote one line, the ${index + 1}${ordinalEnding(index + 1)}, below all the others.`
    );
  });
  return ["# The small message", ...chapters, "And when it arrived, it arrived once. The end."].join("\n\n");
}

function ordinalEnding(number: number): string {
  if (number % 100 >= 11 && number % 100 <= 13) return "th";
  return ["th", "st", "nd", "rd"][number % 10] ?? "th";
}
