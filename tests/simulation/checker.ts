/**
 * Decides from observations alone whether a history keeps the twelve invariants. It knows PROTOCOL.md and shares no code with
 * what it judges: neither with the packages nor with the support of other tests.
 */
import { checkCommands } from "./checks/commands.ts";
import { checkDelivery } from "./checks/delivery.ts";
import { type Evidence, gatherEvidence } from "./checks/evidence.ts";
import { checkIsolation } from "./checks/isolation.ts";
import { checkLimits } from "./checks/limits.ts";
import { checkPings } from "./checks/pings.ts";
import { checkRetention } from "./checks/retention.ts";
import { checkRuns } from "./checks/runs.ts";
import { checkStops } from "./checks/stops.ts";
import { checkTexts } from "./checks/texts.ts";
import { checkTools } from "./checks/tools.ts";
import { checkVerdicts } from "./checks/verdicts.ts";
import type { Finding, Violation } from "./checks/violation.ts";
import type { Observation } from "./observation.ts";

export type { Violation } from "./checks/violation.ts";

const checks: readonly ((evidence: Evidence) => Iterable<Finding>)[] = [
  checkCommands,
  checkDelivery,
  checkRuns,
  checkTexts,
  checkTools,
  checkIsolation,
  checkLimits,
  checkStops,
  checkPings,
  checkVerdicts,
  checkRetention,
];

/** Everything that is wrong, in the order of the checks; empty when nothing is. */
export function checkHistory(observations: readonly Observation[]): readonly Violation[] {
  const evidence = gatherEvidence(observations);
  return checks.flatMap((check) =>
    [...check(evidence)].map((found) => ({
      ...found,
      at: Math.max(0, ...found.observations.map((index) => observations[index]?.at ?? 0)),
    })),
  );
}
