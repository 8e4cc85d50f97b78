export { check, checkFacts, discover, discoverFacts } from "./check.ts";
export { run } from "./cli/program.ts";
export {
  type AuditConfig,
  ConfigError,
  type LayerRule,
  type Layers,
  type PermittedAdapter,
  type Primitive,
  type Responsibility,
} from "./config/audit-config.ts";
export { readConfig } from "./config/read-config.ts";
export type { FileFacts } from "./facts/file-facts.ts";
export { type Baseline, type BaselineEntry, updatedBaseline } from "./gate/baseline.ts";
export { type DeclaredScope, declaredScopeOf } from "./gate/declared-scope.ts";
export { type GateBase, type GateInput, type GateResult, gate } from "./gate/gate.ts";
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
