import fc from "fast-check";
import { expect, test } from "vitest";
import { readTypeScriptFacts } from "./read-typescript-facts.ts";

const fingerprint = (text: string, name = "f") =>
  readTypeScriptFacts("a.tsx", text).scopes.find((scope) => scope.name === name)?.fingerprint;

test("16 hex digits that whitespace, comments and the place do not change", () => {
  const expected = fingerprint(`function f(a) { return a + \`x \${b} y\`; }`);
  expect(expected).toMatch(/^[0-9a-f]{16}$/);
  expect(
    fingerprint(
      `const x = 1;\r\n// é\r\nclass A {\r\n  f(b, c) {\r\n    // why\r\n    return a/* x */+\`x \${ b } y\`;\r\n  }\r\n}`,
    ),
  ).toBe(expected);
});

test.each([
  ["return ab;", "return a b"],
  ["return 'a b';", "return 'ab';"],
  ["return 'a  b';", "return 'a b';"],
  [`return \`a \${b}  c\`;`, `return \`a \${b} c\`;`],
  ["return /a b/;", "return /ab/;"],
  ["return <p>a b</p>;", "return <p>ab</p>;"],
  ["return a - -b;", "return a-b;"],
  ["return '// a';", "return '// b';"],
])("%s is not %s", (one, other) => {
  expect(fingerprint(`function f() { ${one} }`)).not.toBe(fingerprint(`function f() { ${other} }`));
});

test("any whitespace and comments between any tokens", () => {
  const tokens = [
    "{",
    "if",
    "(",
    "a",
    "===",
    '"x  y"',
    ")",
    "{",
    "return",
    "b",
    ";",
    "}",
    "c",
    "(",
    "/ z/g",
    ")",
    ";",
    "}",
  ];
  const expected = fingerprint(`function f() ${tokens.join(" ")}`);
  const gap = fc.constantFrom(" ", "  ", "\n", "\t", " /* \u00e9 \ud83d\ude00 */ ", " // x\n", "\r\n");
  fc.assert(
    fc.property(fc.array(gap, { minLength: tokens.length, maxLength: tokens.length }), (gaps) => {
      // A line break after `return` would end the statement.
      const body = tokens.map((token, at) => token + (token === "return" ? " " : gaps[at])).join("");
      expect(fingerprint(`function f() ${body}`)).toBe(expected);
    }),
  );
});
