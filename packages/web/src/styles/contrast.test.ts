import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const tokens = new Map(
  [
    ...readFileSync(new URL("base.css", import.meta.url), "utf8").matchAll(
      /--([\w-]+): light-dark\((#\w+), (#\w+)\);/g,
    ),
  ].map(([, name = "", light = "", dark = ""]) => [name, { light, dark }]),
);

const grounds = ["ground", "sunken", "surface", "raised"];
/** What is written or drawn, and upon what. */
const texts: readonly (readonly [string, readonly string[]])[] = [
  ["text", [...grounds, "accent-soft", "danger-soft", "warning-soft"]],
  ["muted", [...grounds, "accent-soft", "warning-soft"]],
  ["accent", [...grounds, "accent-soft"]],
  ["danger", [...grounds, "warning-soft", "danger-soft"]],
  ["warning", grounds],
  ["ok", grounds],
  ["accent-text", ["accent", "accent-strong"]],
];

/** Relative luminance as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(name: string, ground: string, theme: "light" | "dark"): number {
  const [low = 0, high = 0] = [name, ground]
    .map((token) => luminance(tokens.get(token)?.[theme] ?? ""))
    .sort((left, right) => left - right);
  return (high + 0.05) / (low + 0.05);
}

describe.each(["light", "dark"] as const)("in %s colours", (theme) => {
  test.each(texts.flatMap(([text, on]) => on.map((ground) => [text, ground])))(
    "%s can be read on %s",
    (text, ground) => {
      expect(contrast(text, ground, theme)).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(grounds)("the edge of a control can be seen on %s", (ground) => {
    expect(contrast("edge", ground, theme)).toBeGreaterThanOrEqual(3);
  });
});
