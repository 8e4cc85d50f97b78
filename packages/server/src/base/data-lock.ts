import { existsSync } from "node:fs";
import { join } from "node:path";
import { ProcessLock } from "./process-lock.ts";

const fileName = "lock.db";

/** The lock that says which process a data folder belongs to; undefined when it is another one. */
export function acquireDataLock(dataDirectory: string): ProcessLock | undefined {
  return ProcessLock.acquire(join(dataDirectory, fileName));
}

/** Whether a process uses the folder now. */
export function isDataLocked(dataDirectory: string): boolean {
  if (!existsSync(join(dataDirectory, fileName))) return false;
  const lock = acquireDataLock(dataDirectory);
  lock?.release();
  return lock === undefined;
}
