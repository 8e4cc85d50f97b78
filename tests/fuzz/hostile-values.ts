/** Values that a program is least prepared for, and what may be done to a good one. All as JSON text: some have no value. */
import type { Random } from "../simulation/random.ts";

const scalars = [
  "null",
  "true",
  "0",
  "-0",
  "1e999",
  "-1e999",
  "1e-999",
  "9007199254740993",
  "123456789012345678901234567890",
  "0.1",
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u202e"',
  '"\\ufeff"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"thr_"',
  '"thr_AAAAAAAAAA"',
  '"run_aaaaaaaaaaaaaaaaaaaaaaaa"',
  '"../../../etc/passwd"',
  `"' OR 1=1 --"`,
  '"%00%2e%2e%2f"',
  '"$(id)"',
  '"<script>alert(1)</script>"',
  '"\\u001b[2J\\u001b]0;x\\u0007"',
  '"*"',
  '"users.>"',
  '"NaN"',
  '"Infinity"',
  '"１２"',
  '"Ａdmin"',
  '"ﬁ"',
  '"İ"',
  "[]",
  "{}",
  "[[]]",
  '{"length":1e9}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":null}',
  '{"then":1}',
  '{"toJSON":"x"}',
] as const;

/** One hostile value. Now and then a large or a deep one. */
export function hostileValue(random: Random): string {
  const kind = random.integer(0, 99);
  if (kind === 0) return JSON.stringify("x".repeat(random.integer(1, 70_000)));
  if (kind === 1) return deep("[", "]", random.integer(1, 5_000));
  if (kind === 2) return deep('{"a":', "}", random.integer(1, 5_000), "1");
  if (kind === 3) return `[${"0,".repeat(random.integer(1, 5_000))}0]`;
  if (kind === 4)
    return JSON.stringify(String.fromCharCode(...Array.from({ length: 20 }, () => random.integer(0, 0xffff))));
  return random.pick(scalars);
}

function deep(open: string, close: string, depth: number, inside = ""): string {
  return open.repeat(depth) + inside + close.repeat(depth);
}

/** The text of an object whose fields are given as JSON texts, with something done to it. */
export function mutatedObject(fields: Readonly<Record<string, string>>, random: Random): string {
  const entries = Object.entries(fields).map(([name, value]) => [name, value] as [string, string]);
  for (let changes = random.integer(0, 2); changes > 0; changes -= 1) change(entries, random);
  const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
  return random.chance(0.03) ? brokenText(text, random) : text;
}

const strangeNames = ["__proto__", "constructor", "userId", "user_id", "toString", "", "kind", "0", "ｔext", "then"];

function change(entries: [string, string][], random: Random): void {
  const place = random.integer(0, Math.max(0, entries.length - 1));
  const entry = entries[place];
  switch (random.integer(0, 5)) {
    case 0:
      entries.splice(place, 1);
      return;
    case 1:
      entries.push([random.pick(strangeNames), hostileValue(random)]);
      return;
    case 2:
      // The same name twice: the last one counts.
      if (entry !== undefined) entries.push([entry[0], hostileValue(random)]);
      return;
    case 3:
      if (entry !== undefined) entry[0] = random.pick(strangeNames);
      return;
    default:
      if (entry !== undefined) entry[1] = hostileValue(random);
  }
}

/** Cut, doubled, or with a byte that does not belong there. */
function brokenText(text: string, random: Random): string {
  const place = random.integer(0, text.length);
  switch (random.integer(0, 3)) {
    case 0:
      return text.slice(0, place);
    case 1:
      return text + text.slice(place);
    case 2:
      return `${text.slice(0, place)}${String.fromCharCode(random.integer(0, 255))}${text.slice(place)}`;
    default:
      return `\ufeff${text}`;
  }
}
