import { join } from "node:path";
import { type Proposal, proposalOf } from "../config/propose.ts";
import { readConfig } from "../config/read-config.ts";
import type { Finding } from "../report/audit-report.ts";
import { configFileName } from "./config-file.ts";
import { readNamedFile, writeNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";

export interface InitWords {
  readonly root: string;
  readonly configFile: string | undefined;
  /** `id`, `id=path#Name`, several with commas, or `all` for every finding of high confidence. */
  readonly accept: string | undefined;
}

/**
 * Without `accept`, the findings as responsibilities that could be declared; with it, those are added to the configuration, which is
 * made when there is none. What the file has stays as it is. Returns the lines to print.
 */
export function initConfig(findings: readonly Finding[], { root, configFile, accept }: InitWords): string[] {
  const file = configFile ?? join(root, configFileName);
  if (accept === undefined) return [...findings.map(proposalText), ...nextSteps(findings)];
  const accepted = proposalsOf(findings, accept);
  const before = objectIn(readNamedFile(file));
  const responsibilities = Array.isArray(before.responsibilities) ? before.responsibilities : [];
  const text = `${JSON.stringify({ ...before, responsibilities: [...responsibilities, ...accepted] }, undefined, 2)}\n`;
  // What is declared twice, or makes no sense for another reason, is not written.
  readConfig(text);
  writeNamedFile(file, text);
  return [
    ...accepted.map(({ id, owner }) => `${id}  owner ${owner}`),
    `${accepted.length} responsibilities were added to ${file}. Look at the owners, then:`,
    "  audit check",
    '  audit baseline update --reason "…" --owner "…" --until YYYY-MM-DD',
    "  audit gate",
  ];
}

function proposalText(finding: Finding): string {
  const { id, title, confidence, members } = finding;
  const owner = proposalOf(finding)?.owner;
  return [
    `${id}  (${confidence} confidence)  ${title}`,
    ...members.map(({ symbol, sites }) => `  ${symbol === owner ? "owner?" : "      "} ${symbol}  ${sites} use sites`),
  ].join("\n");
}

function nextSteps(findings: readonly Finding[]): string[] {
  if (findings.length === 0)
    return ["Nothing was found that seems to have more than one owner; a configuration can be written by hand."];
  return [
    "",
    "Accept with: audit init --accept <id>[=path#Owner][,<id> …], or --accept all for those of high confidence.",
  ];
}

function proposalsOf(findings: readonly Finding[], accept: string): readonly Proposal[] {
  if (accept === "all") {
    return findings.filter(({ confidence }) => confidence === "high").flatMap((finding) => proposalOf(finding) ?? []);
  }
  return accept.split(",").map((part) => {
    const at = part.indexOf("=");
    const [id, owner] = at < 0 ? [part.trim(), undefined] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    const finding = findings.find((one) => one.id === id);
    const known = findings.map((one) => one.id).join(", ") || "none";
    if (finding === undefined) throw new UsageError(`unable to accept "${id}"; findings are: ${known}`);
    const proposal = proposalOf(finding, owner);
    const members = finding.members.map(({ symbol }) => symbol).join(", ");
    if (proposal === undefined)
      throw new UsageError(`unable to make ${owner} the owner of ${id}; its members are ${members}`);
    return proposal;
  });
}

/** What a configuration has; nothing when there is none. */
function objectIn(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  readConfig(text);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}
