import type { Observation } from "./observation.ts";

const textCharactersMax = 240;

/** A line for each observation: milliseconds since the first, what it is, and the rest of it, shortened. */
export function describeHistory(observations: readonly Observation[]): string {
  const start = observations[0]?.at ?? 0;
  return observations.map((observation) => describe(observation, start)).join("\n");
}

function describe({ at, kind, ...rest }: Observation, start: number): string {
  const facts = Object.values(rest).map((value) =>
    typeof value === "string" ? shorten(value) : JSON.stringify(value),
  );
  return `${String(at - start).padStart(8)}  ${kind.padEnd(15)} ${facts.join("  ")}`;
}

function shorten(text: string): string {
  const bare = text.replace(/,"limits":\{[^}]*\}/, "").replace(/,"at":"[^"]*"/g, "");
  return bare.length <= textCharactersMax ? bare : `${bare.slice(0, textCharactersMax)}…`;
}
