import { expect, test } from "vitest";
import { isSupportedNode, nodeRange } from "./node-version.ts";

test("the range that the documents name", () => {
  expect(nodeRange).toBe("^22.18 || ^24.11 || >=26");
});

test.each([
  ["20.20.2", false],
  ["22.17.9", false],
  ["22.18.0", true],
  ["22.99.1", true],
  ["23.11.0", false],
  ["24.10.1", false],
  ["24.11.0", true],
  ["25.9.0", false],
  ["26.0.0", true],
  ["27.1.0", true],
  ["100.0.0", true],
])("%s: %s", (version, supported) => {
  expect(isSupportedNode(version)).toBe(supported);
});
