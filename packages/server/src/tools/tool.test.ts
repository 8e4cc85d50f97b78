import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "./tool.ts";
import { ToolRegistry } from "./tool-registry.ts";

const named = (name: string): Tool => ({
  name,
  description: "Does nothing",
  input: z.unknown(),
  once: "idempotent",
  execute: async () => null,
});
const badNames = ["", "a b", "a.b", "ä", "__proto__\n", "x".repeat(65)];

describe("the name of a tool", () => {
  test.each(["a", "A-b_9", "x".repeat(64), "__proto__", "constructor"])("may be %j", (name) => {
    const tool = named(name);
    expect(defineTool(tool)).toBe(tool);
    expect(new ToolRegistry([tool]).get(name)).toBe(tool);
  });

  test.each(badNames)("may not be %j, which is found out when it is defined", (name) => {
    expect(() => defineTool(named(name))).toThrow(
      `unable to define tool "${name}"; a name has 1 to 64 characters [A-Za-z0-9_-]`,
    );
  });

  // A tool need not be made by `defineTool`; the name of a call is cut at what a name may have.
  test.each(badNames)("may not be %j in a registry either", (name) => {
    expect(() => new ToolRegistry([named(name)])).toThrow("a name has 1 to 64 characters [A-Za-z0-9_-]");
  });
});

describe("a tool registry", () => {
  test("with two tools of one name is refused at the start", () => {
    expect(() => new ToolRegistry([named("add"), named("subtract"), named("add")])).toThrow(
      "unable to register tool add; the name is taken",
    );
  });

  test("knows its tools and no others", () => {
    const registry = new ToolRegistry([named("add"), named("subtract")]);
    expect(registry.names()).toEqual(["add", "subtract"]);
    for (const name of ["ADD", "", "constructor", "__proto__"]) expect(registry.get(name)).toBeUndefined();
  });
});
