import { describe, expect, test } from "vitest";
import { readArguments } from "./arguments.ts";
import { UsageError } from "./exit.ts";

const nothing = { port: undefined, host: undefined, data: undefined, config: undefined, json: false };

describe("what is understood", () => {
  test.each([
    { words: [], command: "help" },
    { words: ["--help"], command: "help" },
    { words: ["-h"], command: "help" },
    { words: ["start", "--help"], command: "help" },
    { words: ["--version"], command: "version" },
    { words: ["start"], command: "start" },
    { words: ["dev"], command: "dev" },
    { words: ["doctor"], command: "doctor" },
  ])("$words is $command", ({ words, command }) => {
    expect(readArguments(words)).toMatchObject({ ...nothing, command });
  });

  test("every option, in both spellings and on either side of the command", () => {
    const words = ["--port=4000", "start", "--host", "::1", "--data", "x y", "--config=c.ts", "--json"];
    expect(readArguments(words)).toEqual({
      command: "start",
      port: 4_000,
      host: "::1",
      data: "x y",
      config: "c.ts",
      json: true,
      options: ["--port=4000", "--host", "::1", "--data", "x y", "--config=c.ts", "--json"],
    });
  });

  test("what follows verify is for verify", () => {
    const given = { ...nothing, command: "verify", options: ["--json", "-", "--help"] };
    expect(readArguments(["verify", "--json", "-", "--help"])).toEqual(given);
  });

  test("the command is told from a value that reads like it", () => {
    const { command, data, options } = readArguments(["--data", "dev", "dev", "--port", "0"]);
    expect({ command, data, options }).toEqual({
      command: "dev",
      data: "dev",
      options: ["--data", "dev", "--port", "0"],
    });
  });
});

test.each([
  { words: ["serve"], message: 'unable to run "serve"; the commands are start, dev, doctor, verify, switch, audit' },
  { words: ["start", "now"], message: 'unable to run start; "now" is one word too many' },
  { words: ["--json", "verify"], message: "unable to run verify; its options come after it" },
  { words: ["--port", "4000"], message: "unable to run; no command is given, only --port 4000" },
  { words: ["start", "--prot", "4000"], message: "unable to read the command line; Unknown option '--prot'" },
  { words: ["start", "--port"], message: "unable to read the command line; Option '--port <value>' argument missing" },
  ...["", "http", "-1", "65536", "80.5", "0x50", " 80"].map((port) => ({
    words: ["start", `--port=${port}`],
    message: `unable to use --port "${port}"; a port is a whole number from 0 to 65535`,
  })),
])("$words is refused", ({ words, message }) => {
  expect(() => readArguments(words)).toThrow(new UsageError(message));
});
