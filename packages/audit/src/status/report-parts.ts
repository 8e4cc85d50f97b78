import type { FileRole } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import type { Uses } from "./uses.ts";

/** What reports on responsibilities are made from. */
export interface ReportParts {
  readonly program: Program;
  readonly uses: Uses;
  readonly roleOf: (path: string) => FileRole;
  /** Does an entry point of production lead to the file? */
  readonly isReached: (path: string) => boolean;
  /** `YYYY-MM-DD`: exceptions whose last day is before it are over. */
  readonly today: string;
}
