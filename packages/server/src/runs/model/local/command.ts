/** Commands: `/help`, `/tools`, and any tool by hand as `/tool name key=value …` or, shorter, `/name key=value …`. */
import type { JsonValue } from "@throughline/protocol";
import type { Intent } from "./intent.ts";

const commandPattern = /^\/(?<name>[A-Za-z0-9_-]{1,64})(?=\s|$)\s*(?<rest>[\s\S]*)$/;
const toolPattern = /^(?<name>[A-Za-z0-9_-]{1,64})(?=\s|$)\s*(?<rest>[\s\S]*)$/;

/** Undefined for texts that are no command. Whether the tool is known is for the dispatcher to say, not for this. */
export function readCommand(text: string): Intent | undefined {
  const command = commandPattern.exec(text)?.groups;
  if (command === undefined) return undefined;
  const { name = "", rest = "" } = command;
  if (name === "help" || name === "tools") return { kind: "speech", topic: name };
  const named = name === "tool" ? toolPattern.exec(rest)?.groups : command;
  if (named === undefined) return trouble("the name of a tool is missing");
  const tool = named.name ?? "";
  const input = readInput(named.rest ?? "");
  if (typeof input === "string") return trouble(input);
  return { kind: "call", tool, input, subject: `a call of ${tool} by hand`, byHand: true };
}

function trouble(problem: string): Intent {
  const form = '`/tool name text="two words" count=3 flag=true list=["a","b"]`, or the whole input as JSON';
  return {
    kind: "trouble",
    problem: `I can not read that command: ${problem}. The form is ${form}. \`/tools\` lists the tools.`,
  };
}

const valuesMax = 64;

type ToolInput = Readonly<Record<string, JsonValue>>;

/** The input, or what is wrong with it. */
function readInput(text: string): ToolInput | string {
  if (text.startsWith("{")) {
    const whole = jsonOf(text);
    return isObject(whole) ? whole : "its input starts like JSON but is not an object";
  }
  const input: [string, JsonValue][] = [];
  let rest = text.trimEnd();
  while (rest !== "") {
    if (input.length === valuesMax) return `there are more than ${valuesMax} values`;
    const key = /^([A-Za-z_][\w.-]*)=/.exec(rest);
    if (key === null) return `"${rest.slice(0, 40)}" is not of the form key=value`;
    const after = rest.slice(key[0].length);
    const value = readValue(after);
    if (value === undefined) return `the value of ${key[1]} does not end`;
    input.push([key[1] ?? "", value.value]);
    const next = after.slice(value.length);
    if (next !== "" && !/^\s/.test(next)) return `there is text right after the value of ${key[1]}`;
    rest = next.trimStart();
  }
  // Not an assignment: a key may be `__proto__`.
  return Object.fromEntries(input);
}

interface Value {
  readonly value: JsonValue;
  /** Characters that it takes up. */
  readonly length: number;
}

function readValue(text: string): Value | undefined {
  const first = text[0];
  if (first === '"' || first === "'") return readQuoted(text, first);
  if (first === "{" || first === "[") return readBracketed(text);
  const word = /^\S*/.exec(text)?.[0] ?? "";
  return { value: jsonOf(word) ?? (word === "null" ? null : word), length: word.length };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t" };

function readQuoted(text: string, quote: string): Value | undefined {
  let value = "";
  for (let index = 1; index < text.length; index += 1) {
    const character = text[index] ?? "";
    if (character === quote) {
      // JSON knows more escapes; people write a lone backslash or a line break, which JSON refuses.
      const exact = jsonOf(text.slice(0, index + 1));
      return { value: typeof exact === "string" ? exact : value, length: index + 1 };
    }
    if (character === "\\") {
      index += 1;
      const escaped = text[index] ?? "";
      value += escapes[escaped] ?? escaped;
    } else {
      value += character;
    }
  }
  return undefined;
}

/** JSON up to the bracket that closes the first one. */
function readBracketed(text: string): Value | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') {
      const quoted = readQuoted(text.slice(index), '"');
      if (quoted === undefined) return undefined;
      index += quoted.length - 1;
    } else if (character === "{" || character === "[") {
      depth += 1;
    } else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth > 0) continue;
      const value = jsonOf(text.slice(0, index + 1));
      return value === undefined ? undefined : { value, length: index + 1 };
    }
  }
  return undefined;
}

/** Undefined for null as well as for what is not JSON. */
function jsonOf(text: string): Exclude<JsonValue, null> | undefined {
  try {
    return (JSON.parse(text) as JsonValue) ?? undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: JsonValue | undefined): value is ToolInput {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
