import type { Finding } from "../report/audit-report.ts";

/** A finding before all of them are there: only then can they be told apart by names. */
export type Unnamed = Omit<Finding, "id">;
