import type { Baseline } from "../gate/baseline.ts";
import { readNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";

export const baselineFileName = "audit.baseline.json";

/** Undefined: there is no such file, so nothing is known to be wrong. Throws a `UsageError` for a file that is no baseline. */
export function readBaseline(file: string): Baseline | undefined {
  const text = readNamedFile(file);
  return text === undefined ? undefined : baselineOf(text, file);
}

export function baselineOf(text: string, file: string): Baseline {
  const refused = (reason: string) => new UsageError(`unable to use ${file}; ${reason}`);
  let value: Partial<Baseline> | null;
  try {
    value = JSON.parse(text) as Partial<Baseline> | null;
  } catch (error) {
    throw refused(`it is not JSON: ${(error as Error).message}`);
  }
  const { version, scope, ignores, entries } = value ?? {};
  if (version !== 1 || typeof scope !== "object" || typeof ignores !== "number" || !Array.isArray(entries))
    throw refused("it is no baseline of version 1");
  const texts = ["identity", "fingerprint", "reason", "owner", "until"] as const;
  for (const [index, entry] of entries.entries()) {
    const missing = texts.find((name) => typeof entry?.[name] !== "string");
    if (missing !== undefined) throw refused(`entries[${index}].${missing} is a text`);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(entry.until)) throw refused(`entries[${index}].until is a date YYYY-MM-DD`);
  }
  return { version, scope, ignores, entries };
}
