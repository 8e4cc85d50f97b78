export { check, checkFacts, discover, discoverFacts } from "./check.ts";
export { run } from "./cli/program.ts";
export {
  type AuditConfig,
  ConfigError,
  type PermittedAdapter,
  type Primitive,
  type Responsibility,
} from "./config/audit-config.ts";
export { readConfig } from "./config/read-config.ts";
export type { FileFacts } from "./facts/file-facts.ts";
export {
  type Baseline,
  type BaselineEntry,
  type GateResult,
  gate,
  scopeHash,
  updatedBaseline,
} from "./gate/baseline.ts";
export type {
  AuditReport,
  Compliance,
  Finding,
  Member,
  ResponsibilityReport,
  UseSite,
  Violation,
} from "./report/audit-report.ts";
export { reportSarif } from "./report/report-sarif.ts";
export { terminalTable } from "./report/terminal-table.ts";
