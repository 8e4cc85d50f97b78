import { readFacts } from "../facts/read-facts.ts";

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The facts of a text as JSON, `null` when no reader knows its language. */
export function factsJson({ path, text }: SourceText): string {
  return JSON.stringify(readFacts(path, text) ?? null);
}
