import { expect, test } from "vitest";
import { isInRange, nodeRange } from "./node-version.ts";

test.each<[string, boolean]>([
  ["20.20.2", false],
  ["22.17.0", false],
  ["22.18.0", true],
  ["23.0.0", false],
  ["24.10.9", false],
  ["24.21.0", true],
  ["25.2.0", false],
  ["26.0.0", true],
  ["31.1.0", true],
])("Node %s: %s", (version, expected) => {
  expect(isInRange(version, "^22.18 || ^24.11 || >=26")).toBe(expected);
});

test("the one that runs this is in the range of the manifest", () => {
  expect(isInRange(process.versions.node, nodeRange())).toBe(true);
});
