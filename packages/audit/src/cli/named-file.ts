import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** What is in a file that somebody named; undefined when there is none. Throws a `UsageError` for what cannot be read. */
export function readNamedFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`unable to read ${path}; ${(error as Error).message}`);
  }
}

/** Replaces a file that somebody named. Throws a `UsageError` when it cannot be written. */
export function writeNamedFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`unable to write ${path}; ${(error as Error).message}`);
  }
}
