/** Results of the built-in tools as sentences. A result of another form gets none, and is shown as it is. */
import type { JsonValue } from "@throughline/protocol";
import { z } from "zod";
import { fencedBlock, plain } from "./markdown.ts";
import { shownUnit } from "./units.ts";

/** Undefined when the input or the output has another form than expected. */
type Sentence = (output: JsonValue, input: JsonValue) => string | undefined;

export const sentences: Readonly<Record<string, Sentence | undefined>> = {
  calculate: sentence(
    z.object({ expression: z.string() }),
    z.object({ result: z.string() }),
    ({ expression }, { result }) => `${plain(expression)} = **${plain(result)}**`,
  ),
  convert_units: sentence(
    z.object({ value: z.number(), from: z.string() }),
    z.object({ result: z.string() }),
    ({ value, from }, { result }) => `${value} ${plain(shownUnit(from))} = **${plain(shownUnit(result))}**`,
  ),
  world_clock: sentence(
    z.object({ place: z.string() }),
    z.object({ zone: z.string(), date: z.string(), time: z.string(), weekday: z.string(), offset: z.string() }),
    ({ place }, { zone, date, time, weekday, offset }) =>
      zone === "UTC"
        ? `It is **${time}** UTC on ${weekday}, ${date}. Name a place for the time there.`
        : `In ${plain(place)} it is **${time}** on ${weekday}, ${date} (${plain(zone)}, UTC${offset}).`,
  ),
  parse_date: sentence(
    z.object({}),
    z.object({
      text: z.string(),
      zone: z.string(),
      date: z.string(),
      time: z.string(),
      weekday: z.string(),
      hasTime: z.boolean(),
      daysFromToday: z.number(),
    }),
    (_, { text, zone, date, time, weekday, hasTime, daysFromToday }) => {
      const at = hasTime ? ` at ${time} (${plain(zone)})` : "";
      return `"${plain(text)}" is **${weekday}, ${date}**${at}, ${distance(daysFromToday)}.`;
    },
  ),
  note_save: sentence(
    z.object({}),
    z.object({ title: z.string(), replaced: z.boolean() }),
    (_, { title, replaced }) => `${replaced ? "Replaced" : "Saved"} the note **${plain(title)}**.`,
  ),
  note_list: sentence(z.object({}), z.object({ titles: z.array(z.string()) }), (_, { titles }) =>
    titles.length === 0 ? "You have no notes." : `Your notes:\n\n${bullets(titles.map(plain))}`,
  ),
  note_read: sentence(
    z.object({}),
    z.object({ title: z.string(), text: z.string() }),
    (_, { title, text }) => `**${plain(title)}**\n\n${fencedBlock(text)}`,
  ),
  note_delete: sentence(
    z.object({}),
    z.object({ title: z.string() }),
    (_, { title }) => `Deleted the note **${plain(title)}**.`,
  ),
  search_documents: sentence(
    z.object({ query: z.string() }),
    z.object({ matches: z.array(z.object({ name: z.string(), passage: z.string() })) }),
    ({ query }, { matches }) =>
      matches.length === 0
        ? `Nothing in your documents matches "${plain(query)}".`
        : `In your documents:\n\n${bullets(matches.map(({ name, passage }) => `**${plain(name)}**: ${plain(passage)}`))}`,
  ),
  read_document: sentence(
    z.object({}),
    z.object({ name: z.string(), text: z.string(), truncated: z.boolean() }),
    (_, { name, text, truncated }) =>
      `**${plain(name)}**${truncated ? " (its beginning)" : ""}\n\n${fencedBlock(text)}`,
  ),
};

function sentence<Input, Output>(
  input: z.ZodType<Input>,
  output: z.ZodType<Output>,
  compose: (input: Input, output: Output) => string,
): Sentence {
  return (givenOutput, givenInput) => {
    const read = { input: input.safeParse(givenInput), output: output.safeParse(givenOutput) };
    return read.input.success && read.output.success ? compose(read.input.data, read.output.data) : undefined;
  };
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function distance(days: number): string {
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  if (days === -1) return "yesterday";
  return days > 0 ? `in ${days} days` : `${-days} days ago`;
}
