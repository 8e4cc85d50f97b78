import type { JsonValue } from "@throughline/protocol";

const charactersMax = 120;

/** The input of a tool in one line; the whole of it is shown elsewhere. */
export function summarizeInput(input: JsonValue): string {
  const line = isObject(input)
    ? Object.entries(input)
        .map(([name, value]) => `${name}: ${textOf(value)}`)
        .join(", ")
    : textOf(input);
  const characters = Array.from(line.slice(0, charactersMax * 2).replace(/\s+/g, " "));
  return characters.length <= charactersMax
    ? characters.join("")
    : `${characters.slice(0, charactersMax - 1).join("")}…`;
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
