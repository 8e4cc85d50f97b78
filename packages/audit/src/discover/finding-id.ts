import { nameTokens } from "../status/candidates.ts";

/** What names have in common, else the first of them: `message-router`. Told apart by `taken` with a number. */
export function findingId(names: readonly string[], taken: ReadonlySet<string>): string {
  const [first = [], ...rest] = names.map((name) => nameTokens(name));
  const common = first.filter((token) => rest.every((tokens) => tokens.includes(token)));
  const words = (common.length > 0 ? common : first).join("-").replace(/^[^a-z]+/, "");
  const id = (words || "finding").slice(0, 60).replace(/-+$/, "");
  let unique = id;
  for (let number = 2; taken.has(unique); number += 1) unique = `${id}-${number}`;
  return unique;
}
