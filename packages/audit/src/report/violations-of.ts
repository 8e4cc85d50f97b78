import type { AuditReport, Violation } from "./audit-report.ts";

/** Everything that is wrong, with what it is wrong about. */
export function violationsOf({
  responsibilities,
  layers,
}: AuditReport): readonly (Violation & { readonly id: string })[] {
  return [...responsibilities, ...layers].flatMap(({ id, violations }) =>
    violations.map((violation) => ({ id, ...violation })),
  );
}
