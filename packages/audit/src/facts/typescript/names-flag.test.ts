import { expect, test } from "vitest";
import { isFlagName } from "./names-flag.ts";

test.each([
  "useNewRouter",
  "USE_CACHE",
  "enableX",
  "isEnabled",
  "legacyMode",
  "FEATURE_A",
  "env",
  "appSettings",
  "shouldUseCache",
  "fallback",
  "--experimental-x",
])("%s is a flag", (name) => {
  expect(isFlagName(name)).toBe(true);
});

test.each(["use", "user", "reuse", "cause", "envelope", "featured", "setter", "table", "inUse", "conflagration"])(
  "%s is none",
  (name) => {
    expect(isFlagName(name)).toBe(false);
  },
);
