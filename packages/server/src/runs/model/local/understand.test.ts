import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Intent } from "./intent.ts";
import { understand } from "./understand.ts";

/** Calls as "tool {input}", everything else by its kind. */
function intentsOf(message: string): string[] {
  return understand(message).intents.map(shown);
}

function shown(intent: Intent): string {
  if (intent.kind === "call") return `${intent.tool} ${JSON.stringify(intent.input)}`;
  return intent.kind === "speech" ? intent.topic : intent.kind;
}

describe("requests", () => {
  test.each([
    ["12*7", "12*7"],
    ["What is 12*7?", "12*7"],
    ["what's 15% of 80", "(15 / 100) * 80"],
    ["sqrt(2) × 10", "sqrt(2) * 10"],
    ["square root of 16", "sqrt(16)"],
    ["what is 2 to the power of 10", "2^10"],
    ["12 times 7 divided by 2", "12 * 7 / 2"],
    ["1,234 + 1", "1234 + 1"],
    ["max(1, 2)", "max(1, 2)"],
    ["10!", "10!"],
    ["Please calculate det([1,2;3,4])", "det([1,2;3,4])"],
  ])("calculation: %s", (message, expression) => {
    expect(understand(message).intents).toMatchObject([{ kind: "call", tool: "calculate", input: { expression } }]);
  });

  test.each([
    ["10 km in miles", { value: 10, from: "km", to: "miles" }],
    ["convert 5 stone to kg", { value: 5, from: "stone", to: "kg" }],
    ["how many feet are in 3 meters?", { value: 3, from: "m", to: "ft" }],
    ["72°F in Celsius", { value: 72, from: "degF", to: "degC" }],
    ["100 degrees fahrenheit to kelvin", { value: 100, from: "degF", to: "K" }],
    ["what is 1,500.5 g in lbs", { value: 1500.5, from: "g", to: "lb" }],
    ["3 square meters in sqft", { value: 3, from: "m^2", to: "sqft" }],
    ["5 GB in mb", { value: 5, from: "GB", to: "MB" }],
    ["90 mph in km/h", { value: 90, from: "mi/h", to: "km/h" }],
    // Told to convert, it leaves it to the tool to know the units.
    ["convert 3 parsec to furlong", { value: 3, from: "parsec", to: "furlong" }],
  ])("conversion: %s", (message, input) => {
    expect(understand(message).intents).toMatchObject([{ kind: "call", tool: "convert_units", input }]);
  });

  test.each([
    ["what time is it in Tokyo?", ["Tokyo"]],
    ["What is the current time in São Paulo right now please", ["São Paulo"]],
    ["time in New York, Paris and Lisbon", ["New York", "Paris", "Lisbon"]],
    ["can you tell me what time it is in Oslo", ["Oslo"]],
    ["what time is it?", ["UTC"]],
  ])("clock: %s", (message, places) => {
    expect(intentsOf(message)).toEqual(places.map((place) => `world_clock ${JSON.stringify({ place })}`));
  });

  test.each([
    ["what date is next Friday", "next Friday"],
    ["when is 3 weeks from now?", "3 weeks from now"],
    ["What day is it today?", "today"],
    ["what's today's date", "today"],
    ["what is the date", "today"],
  ])("date: %s", (message, text) => {
    expect(intentsOf(message)).toEqual([`parse_date ${JSON.stringify({ text })}`]);
  });

  test.each([
    ["note groceries: milk and eggs, 2+2", "note_save", { title: "groceries", text: "milk and eggs, 2+2" }],
    ['save a note called "a: b": one\ntwo', "note_save", { title: "a: b", text: "one\ntwo" }],
    ["note: buy milk", "note_save", { title: "buy milk", text: "buy milk" }],
    ["Please remember that the code is 42", "note_save", { title: "the code is 42", text: "the code is 42" }],
    ["my notes", "note_list", {}],
    ["show me my notes", "note_list", {}],
    ["what notes do I have?", "note_list", {}],
    ["read note groceries", "note_read", { title: "groceries" }],
    ["show me the note groceries", "note_read", { title: "groceries" }],
    ["delete my note salt and pepper", "note_delete", { title: "salt and pepper" }],
  ])("note: %s", (message, tool, input) => {
    expect(intentsOf(message)).toEqual([`${tool} ${JSON.stringify(input)}`]);
  });

  test.each([
    ["search my documents for salt and pepper", "search_documents", { query: "salt and pepper" }],
    ["what do my documents say about tea?", "search_documents", { query: "tea" }],
    ["search my documents for language model", "search_documents", { query: "language model" }],
    ['search for "x y" in my files', "search_documents", { query: "x y" }],
    ["read document report.txt", "read_document", { name: "report.txt" }],
    ["open notes.md", "read_document", { name: "notes.md" }],
  ])("document: %s", (message, tool, input) => {
    expect(intentsOf(message)).toEqual([`${tool} ${JSON.stringify(input)}`]);
  });

  test.each([
    ["Hello there!", "greeting"],
    ["thank you", "thanks"],
    ["bye", "farewell"],
    ["who are you?", "identity"],
    ["Are you an AI?", "identity"],
    ["which model are you?", "identity"],
    ["what can you do?", "help"],
    ["/help", "help"],
    ["/tools", "tools"],
    ["which tools do you have?", "tools"],
    ["count to 200", "recital"],
    ["count from 9 to 3 slowly", "recital"],
    ["Tell me a long story", "recital"],
  ])("%s: %s", (message, kind) => {
    expect(intentsOf(message)).toEqual([kind]);
  });
});

describe("several requests in one message", () => {
  test("are all understood, once each", () => {
    expect(intentsOf("Hi, what time is it in Tokyo and what is 12 × 7? And 12 × 7, please.")).toEqual([
      "greeting",
      'world_clock {"place":"Tokyo"}',
      'calculate {"expression":"12 * 7"}',
    ]);
  });

  test("what is not understood beside them is named", () => {
    expect(understand("2+2 and what is the meaning of life")).toMatchObject({
      intents: [{ tool: "calculate" }],
      unclear: ["what is the meaning of life"],
    });
  });

  test("are eight at most", () => {
    const message = Array.from({ length: 20 }, (_, index) => `${index}+1`).join(" and ");
    expect(understand(message).intents).toHaveLength(8);
  });
});

test.each([
  "What is the capital of France?",
  "3 pm in Tokyo",
  "2 weeks in Paris",
  "-5",
  "what is 2026-01-01",
  "/etc/passwd is a file",
  "please",
  "",
])("not understood: %s", (message) => {
  expect(understand(message).intents).toEqual([]);
});

describe("a command", () => {
  test.each([
    ["/tool calculate expression=1+1", "calculate", { expression: "1+1" }],
    ['/calculate expression="1 + 1"', "calculate", { expression: "1 + 1" }],
    [
      String.raw`/tool t text="say \"hi\"\n" single='a b' n=3 flag=true none=null list=[1,"]"] json={"a":{"b":"}"}}`,
      "t",
      { text: 'say "hi"\n', single: "a b", n: 3, flag: true, none: null, list: [1, "]"], json: { a: { b: "}" } } },
    ],
    ['/tool t text="3"', "t", { text: "3" }],
    ['/t {"a": [1, 2]}', "t", { a: [1, 2] }],
    ["/not_offered_anywhere", "not_offered_anywhere", {}],
    ["/t a=1 __proto__=2", "t", JSON.parse('{"a":1,"__proto__":2}')],
  ])("%s", (message, tool, input) => {
    expect(understand(message)).toEqual({
      intents: [{ kind: "call", tool, input, subject: `a call of ${tool} by hand`, byHand: true }],
      unclear: [],
    });
  });

  test.each([
    ["/tool", "the name of a tool is missing"],
    ["/tool a=b", "the name of a tool is missing"],
    ["/calculate one two", '"one two" is not of the form key=value'],
    ['/t a="b', "the value of a does not end"],
    ["/t a={1", "the value of a does not end"],
    ['/t a="b"c', "there is text right after the value of a"],
    [`/t${" a=1".repeat(65)}`, "there are more than 64 values"],
    ['/t {"a"', "its input starts like JSON but is not an object"],
  ])("that is not well formed: %s", (message, problem) => {
    const [intent] = understand(message).intents;
    expect(intent).toMatchObject({ kind: "trouble", problem: expect.stringContaining(problem) });
  });

  test("carries any JSON object unharmed, in either form", () => {
    // A sign of zero does not survive JSON itself.
    const json = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)));
    const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,9}$/);
    fc.assert(
      fc.property(fc.dictionary(key, json, { maxKeys: 64 }), (input) => {
        const pairs = Object.entries(input).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
        for (const message of [`/t ${JSON.stringify(input)}`, `/tool t ${pairs.join(" ")}`]) {
          expect(understand(message).intents).toMatchObject([{ kind: "call", tool: "t" }]);
          const [intent] = understand(message).intents;
          expect(intent?.kind === "call" && intent.input).toEqual({ ...input });
        }
      }),
    );
  });
});

test("long and hostile messages are read in no time", () => {
  const pieces = [
    "note ",
    " ",
    "\n",
    "a",
    ":",
    '"',
    "search ",
    "(",
    "1,",
    ".",
    "and ",
    "/t a=",
    "{",
    "what time is it in ",
    "count to ",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...pieces),
      fc.constantFrom(...pieces),
      fc.constantFrom(...pieces),
      (first, middle, last) => {
        const filler = middle.repeat(65_000 / middle.length);
        expect(() => understand(first + filler + last)).not.toThrow();
        expect(() => understand((first + filler + last).slice(0, 2_000))).not.toThrow();
      },
    ),
    { numRuns: 300 },
  );
}, 20_000);
