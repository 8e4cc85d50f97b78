import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { check, discover, who } from "../check.ts";
import { type AuditConfig, ConfigError } from "../config/audit-config.ts";
import { readConfig } from "../config/read-config.ts";
import { type Baseline, type GateResult, gate, scopeHash, updatedBaseline } from "../gate/baseline.ts";
import { planText } from "../plan/plan-text.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { reportHtml } from "../report/report-html.ts";
import { reportMarkdown } from "../report/report-markdown.ts";
import { reportSarif } from "../report/report-sarif.ts";
import { terminalTable } from "../report/terminal-table.ts";
import type { Answer } from "../who/who.ts";

const help = `Usage: throughline-audit <command> [options]

Who owns this responsibility, and who goes around the owner? For TypeScript, JavaScript and Python.

Commands
  check              measure the declared responsibilities
  discover [words]   look for responsibilities with more than one owner, without a configuration
  gate               check, and compare with a baseline: 0 fine, 1 new, stale or over, 2 not measured
  plan <id>          the way to one owner, in phases, as Markdown
  who <words>        who does this? by names of definitions and their methods
  mcp                answer coding agents on standard input and output: who, check, plan
  baseline           write the baseline; additions need --reason, --owner and --until

Options
  --root <folder>      the code (default: this folder)
  --config <file>      default audit.config.json in the root
  --baseline <file>    default audit.baseline.json in the root
  --accept-scope       for gate: the scope or an owner was changed on purpose
  --reason, --owner, --until <YYYY-MM-DD>   of additions to the baseline
  --json               the report as JSON
  --markdown <file>    the report as Markdown
  --html <file>        the report as one page, with a graph of each responsibility
  --sarif <file>       the violations as SARIF 2.1.0
  --cache <folder>     keep what was read from one run to the next
  --help`;

/** Words of a command line that make no sense. */
class UsageError extends Error {}

/** Resolves with the exit code. */
export async function run(words: readonly string[], print: (line: string) => void, today: string): Promise<number> {
  try {
    return await carryOut(words, print, today);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof ConfigError)) throw error;
    print(error.message);
    return 2;
  }
}

async function carryOut(words: readonly string[], print: (line: string) => void, today: string): Promise<number> {
  const { values, positionals } = parse(words);
  const [command, ...rest] = positionals as [string | undefined, ...string[]];
  if (values.help || command === undefined) {
    print(help);
    return values.help ? 0 : 2;
  }
  const root = values.root ?? ".";
  const options = values.cache === undefined ? {} : { cacheFolder: values.cache };
  if (command === "discover") {
    const config = configOf(root, values.config) ?? { scope: { include: [], exclude: [] }, roles: {} };
    show(await discover(root, config, rest, options), values, print);
    return 0;
  }
  if (command === "who") {
    if (rest.length === 0)
      throw new UsageError("unable to tell who; say what is done, such as: who broadcast user event");
    const config = configOf(root, values.config) ?? { scope: { include: [], exclude: [] }, roles: {} };
    const answers = await who(root, config, rest, options);
    print(values.json ? JSON.stringify(answers) : whoLines(answers));
    return 0;
  }
  if (command === "mcp") {
    // Loaded here, because nothing else needs it.
    const { serveMcp } = await import("../mcp/serve-mcp.ts");
    await serveMcp({ root, config: () => configOf(root, values.config), today: () => today, ...options });
    return 0;
  }
  const planned = command === "plan" ? rest.shift() : undefined;
  if (rest.length > 0) throw new UsageError(`unable to ${command}; "${rest[0]}" is one word too many`);
  if (command !== "check" && command !== "gate" && command !== "baseline" && command !== "plan") {
    throw new UsageError(
      `unable to run "${command}"; the commands are check, discover, gate, plan, who, mcp, baseline`,
    );
  }
  const config = configOf(root, values.config);
  if (config === undefined)
    throw new UsageError(`unable to ${command}; there is no ${values.config ?? "audit.config.json"}`);
  const report = await check(root, config, today, options);
  const file = values.baseline ?? join(root, "audit.baseline.json");
  if (command === "plan") {
    const responsibility = report.responsibilities.find(({ id }) => id === planned);
    const known = report.responsibilities.map(({ id }) => id).join(", ");
    if (responsibility === undefined) throw new UsageError(`unable to plan "${planned ?? ""}"; declared are ${known}`);
    print(planText(responsibility));
    return 0;
  }
  if (command === "baseline") return writeBaseline(report, config, file, values, print);
  show(report, values, print);
  if (command === "check") {
    const missed = report.responsibilities.filter(
      ({ compliance, target }) => compliance.lower === null || compliance.lower < target,
    );
    return missed.length === 0 && report.responsibilities.every(({ violations }) => violations.length === 0) ? 0 : 1;
  }
  const result = gate(report, readBaseline(file, config), scopeHash(config), today, values["accept-scope"]);
  for (const line of gateLines(result)) print(line);
  return result.exitCode;
}

type Values = ReturnType<typeof parse>["values"];

function show(report: AuditReport, { json, sarif, markdown, html }: Values, print: (line: string) => void): void {
  if (sarif !== undefined) writeFileSync(sarif, reportSarif(report));
  if (html !== undefined) writeFileSync(html, reportHtml(report));
  if (markdown !== undefined) writeFileSync(markdown, reportMarkdown(report));
  print(json ? JSON.stringify(report) : terminalTable(report));
}

function whoLines(answers: readonly Answer[]): string {
  if (answers.length === 0) return "Nobody that production has seems to do that.";
  return answers
    .map(
      ({ symbol, line, sites, methods }) =>
        `${symbol}  line ${line}, ${sites} use sites${methods.length === 0 ? "" : `; ${methods.join(", ")}`}`,
    )
    .join("\n");
}

function gateLines({ added, stale, expired, unmeasured, scopeChanged, ignoresAdded, exitCode }: GateResult): string[] {
  return [
    "",
    ...unmeasured.map((text) => `not measured  ${text}`),
    ...added.map(({ kind, path, line, message }) => `new      ${kind}  ${path}:${line}  ${message}`),
    ...stale.map(({ identity }) => `stale    ${identity}; take it out of the baseline`),
    ...expired.map(({ identity, owner, until }) => `over     ${identity}; its last day was ${until}, ask ${owner}`),
    ...(scopeChanged ? ["changed  the scope or an owner; --accept-scope when that is meant"] : []),
    ...(ignoresAdded > 0 ? [`ignores   ${ignoresAdded} more inline ignores than the baseline has`] : []),
    exitCode === 0
      ? "gate: fine"
      : exitCode === 1
        ? "gate: something is new, stale or over"
        : "gate: it could not be measured",
  ];
}

function writeBaseline(
  report: AuditReport,
  config: AuditConfig,
  file: string,
  values: Values,
  print: (line: string) => void,
): number {
  const { reason, owner, until } = values;
  const all = reason !== undefined && owner !== undefined && until !== undefined;
  if (until !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(until))
    throw new UsageError(`unable to use --until "${until}"; it is a date YYYY-MM-DD`);
  const before = existsSync(file) ? readBaseline(file, config) : undefined;
  const baseline = updatedBaseline(report, before, scopeHash(config), all ? { reason, owner, until } : undefined);
  if ("problem" in baseline) throw new UsageError(`unable to write the baseline; ${baseline.problem}`);
  writeFileSync(file, `${JSON.stringify(baseline, undefined, 2)}\n`);
  print(`${baseline.entries.length} entries in ${file}`);
  return 0;
}

/** Without a file nothing is known to be wrong. */
function readBaseline(file: string, config: AuditConfig): Baseline {
  if (!existsSync(file)) return { version: 1, scope: scopeHash(config), ignores: 0, entries: [] };
  const value = JSON.parse(readFileSync(file, "utf8")) as Baseline;
  if (value.version !== 1 || !Array.isArray(value.entries))
    throw new UsageError(`unable to use ${file}; it is no baseline of version 1`);
  return value;
}

function configOf(root: string, given: string | undefined): AuditConfig | undefined {
  const file = given ?? join(root, "audit.config.json");
  if (!existsSync(file)) {
    if (given !== undefined) throw new UsageError(`unable to read ${given}; there is no such file`);
    return undefined;
  }
  return readConfig(readFileSync(file, "utf8"));
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        root: { type: "string" },
        config: { type: "string" },
        baseline: { type: "string" },
        "accept-scope": { type: "boolean" },
        reason: { type: "string" },
        owner: { type: "string" },
        until: { type: "string" },
        json: { type: "boolean" },
        sarif: { type: "string" },
        markdown: { type: "string" },
        html: { type: "string" },
        cache: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`unable to read the command line; ${(error as Error).message.split("\n")[0]}`);
  }
}
