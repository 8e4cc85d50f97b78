import { createHash } from "node:crypto";
import type { AuditReport, Violation } from "./audit-report.ts";
import { violationsOf } from "./violations-of.ts";

const rules: Readonly<Record<Violation["kind"], string>> = {
  canonical: "The owner of a responsibility.",
  shim: "It only re-exports the owner.",
  adapter: "Every path of it reaches the owner.",
  extension: "A subclass of the owner that only adds.",
  leaky_adapter: "An adapter with a path of its own beside the owner.",
  rival: "An implementation of its own of something that has an owner.",
  masquerade: "The name of the owner is bound to something else.",
  hollow: "The declared owner has none of the behaviour.",
  dead_rival: "An implementation of its own that nothing in production uses.",
  bypass: "It uses what only the owner may use.",
  unknown: "It cannot be told what it is.",
  unproven_adapter: "It is declared an adapter, and its code does not prove it.",
  expired_exception: "The last day of an exception is over.",
  missing_owner: "The declared owner does not exist.",
  import: "An import that the layers do not allow.",
};

/**
 * SARIF 2.1.0, for code scanning: one result for each violation, told apart by its identity. `added`: identities of what is new, where a
 * baseline knows the others.
 */
export function reportSarif(report: AuditReport, added?: ReadonlySet<string>): string {
  const results = violationsOf(report).map(({ id, kind, identity, message, path, line }) => ({
    ruleId: kind,
    ...(added && { baselineState: added.has(identity) ? "new" : "unchanged" }),
    level: kind === "dead_rival" ? "note" : "error",
    message: { text: `${id}: ${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(path), uriBaseId: "%SRCROOT%" },
          region: { startLine: Math.max(1, line) },
        },
      },
    ],
    partialFingerprints: { "identity/v1": createHash("sha256").update(identity).digest("hex").slice(0, 32) },
  }));
  const used = [...new Set(results.map(({ ruleId }) => ruleId))].sort();
  const driver = {
    name: "throughline-audit",
    rules: used.map((id) => ({ id, shortDescription: { text: rules[id] } })),
  };
  const sarif = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, results }],
  };
  return `${JSON.stringify(sarif, undefined, 2)}\n`;
}
