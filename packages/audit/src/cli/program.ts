import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { check, discover, who } from "../check.ts";
import { ConfigError } from "../config/audit-config.ts";
import { BaseError } from "../gate/base-tree.ts";
import { planText } from "../plan/plan-text.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { reportHtml } from "../report/report-html.ts";
import { reportMarkdown } from "../report/report-markdown.ts";
import { reportSarif } from "../report/report-sarif.ts";
import { terminalTable } from "../report/terminal-table.ts";
import { visible } from "../report/visible.ts";
import type { Answer } from "../who/who.ts";
import { updateBaseline } from "./baseline-command.ts";
import { configOf, configOrNothing, neededConfig } from "./config-file.ts";
import { gateLines, gateOf } from "./gate-command.ts";
import { initConfig } from "./init-command.ts";
import { writeNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";

const help = `Usage: throughline-audit <command> [options]
Who owns this responsibility, and who goes around the owner? For TypeScript, JavaScript and Python.

Commands
  discover [words]   look for responsibilities with more than one owner, without a configuration
  init               propose a configuration from what discover finds; --accept writes it
  check              measure the declared responsibilities: 0 fine, 1 a target is missed or something is wrong
  gate               check, and compare with a baseline: 0 fine, 1 new, stale or over, 2 not measured
  baseline update    write the baseline; additions need --reason, --owner and --until
  plan <id>          the way to one owner, in phases, as Markdown
  who <words>        who does this? by names of definitions and their methods
  mcp                answer coding agents on standard input and output: who, check, plan

Options
  --root <folder>      the code (default: this folder)
  --config <file>      default audit.config.json in the root
  --baseline <file>    default audit.baseline.json in the root
  --base <commit>      for gate: what was wrong there is not new; changes of baseline and scope since then are printed
  --accept-scope       for gate and baseline update: the scope or an owner was changed on purpose
  --accept <ids>       for init: the findings to declare, as id or id=path#Owner, with commas; all: those of high confidence
  --reason, --owner, --until <YYYY-MM-DD>   of additions to the baseline
  --json               the report as JSON
  --markdown <file>    the report as Markdown
  --html <file>        the report as one page, with a graph of each responsibility
  --sarif <file>       the violations as SARIF 2.1.0
  --cache <folder>     keep what was read from one run to the next
  --help`;

const commandNames = ["discover", "init", "check", "gate", "baseline", "plan", "who", "mcp"] as const;
type CommandName = (typeof commandNames)[number];

interface Call {
  readonly root: string;
  readonly rest: readonly string[];
  readonly values: Values;
  readonly options: { readonly cacheFolder?: string };
  readonly today: string;
  print(line: string): void;
}

/** Each resolves with the exit code. */
const commands: Readonly<Record<CommandName, (call: Call) => Promise<number>>> = {
  async discover({ root, rest, values, options, print }) {
    show(await discover(root, configOrNothing(root, values.config), rest, options), values, print);
    return 0;
  },

  async init({ root, rest, values, options, print }) {
    const { findings } = await discover(root, configOrNothing(root, values.config), rest, options);
    for (const line of initConfig(findings, { root, configFile: values.config, accept: values.accept })) print(line);
    return 0;
  },

  async check(call) {
    const { report } = await checked("check", call);
    show(report, call.values, call.print);
    return isFine(report) ? 0 : 1;
  },

  async gate(call) {
    const { report, config } = await checked("gate", call);
    const { root, values, options, today, print } = call;
    const words = {
      ...{ root, today, base: values.base, configFile: values.config, baselineFile: values.baseline },
      acceptScope: values["accept-scope"] === true,
    };
    const result = await gateOf(report, config, words, options);
    write(report, values);
    print(values.json ? JSON.stringify({ ...report, gate: result }) : terminalTable(report));
    if (!values.json) for (const line of gateLines(result)) print(line);
    return result.exitCode;
  },

  async baseline(call) {
    if (call.rest[0] !== "update") throw new UsageError("unable to run baseline; say: baseline update");
    const { report, config } = await checked("update the baseline", { ...call, rest: call.rest.slice(1) });
    const { reason, owner, until, baseline, "accept-scope": acceptScope } = call.values;
    const words = { root: call.root, baselineFile: baseline, acceptScope: acceptScope === true, reason, owner, until };
    call.print(updateBaseline(report, config, words));
    return 0;
  },

  async plan(call) {
    const [id = "", ...rest] = call.rest;
    const { report } = await checked("plan", { ...call, rest });
    const responsibility = report.responsibilities.find((one) => one.id === id);
    const known = report.responsibilities.map((one) => one.id).join(", ");
    if (responsibility === undefined) throw new UsageError(`unable to plan "${id}"; declared are ${known}`);
    call.print(planText(responsibility));
    return 0;
  },

  async who({ root, rest, values, options, print }) {
    if (rest.length === 0)
      throw new UsageError("unable to tell who; say what is done, such as: who broadcast user event");
    const answers = await who(root, configOrNothing(root, values.config), rest, options);
    print(values.json ? JSON.stringify(answers) : whoLines(answers));
    return 0;
  },

  async mcp({ root, values, options, today }) {
    // Loaded here, because nothing else needs it.
    const { serveMcp } = await import("../mcp/serve-mcp.ts");
    await serveMcp({ root, config: () => configOf(root, values.config), today: () => today, ...options });
    return 0;
  },
};

/** Resolves with the exit code. `today`: `YYYY-MM-DD`. */
export async function run(words: readonly string[], write: (text: string) => void, today: string): Promise<number> {
  const print = (text: string) => write(text.split("\n").map(visible).join("\n"));
  try {
    const { values, positionals } = parse(words);
    const [command, ...rest] = positionals;
    if (values.help || command === undefined) {
      print(help);
      return values.help ? 0 : 2;
    }
    const name = commandNames.find((one) => one === command);
    if (name === undefined)
      throw new UsageError(`unable to run "${command}"; the commands are ${commandNames.join(", ")}`);
    const options = values.cache === undefined ? {} : { cacheFolder: values.cache };
    const { root = "." } = values;
    // Without a folder there is nothing, and nothing must not look like nothing wrong.
    if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new UsageError(`unable to look at ${root}; it is no folder`);
    return await commands[name]({ root, rest, values, options, today, print });
  } catch (error) {
    const isExpected = error instanceof UsageError || error instanceof ConfigError || error instanceof BaseError;
    if (!isExpected) throw error;
    print(error.message);
    return 2;
  }
}

async function checked(command: string, { root, rest, values, options, today }: Call) {
  if (rest.length > 0) throw new UsageError(`unable to ${command}; "${rest[0]}" is one word too many`);
  const config = neededConfig(command, root, values.config);
  return { config, report: await check(root, config, today, options) };
}

/** Each target is met, and nothing is wrong that the number does not count. */
function isFine({ responsibilities, layers }: AuditReport): boolean {
  const areOwnersFine = responsibilities.every(
    ({ compliance, target, violations }) =>
      compliance.lower !== null &&
      compliance.lower >= target &&
      violations.every(({ kind }) => kind === "bypass" || kind === "unknown"),
  );
  return areOwnersFine && layers.every(({ violations }) => violations.length === 0);
}

type Values = ReturnType<typeof parse>["values"];

function show(report: AuditReport, values: Values, print: (line: string) => void): void {
  write(report, values);
  print(values.json ? JSON.stringify(report) : terminalTable(report));
}

function write(report: AuditReport, { sarif, markdown, html }: Values): void {
  if (sarif !== undefined) writeNamedFile(sarif, reportSarif(report));
  if (html !== undefined) writeNamedFile(html, reportHtml(report));
  if (markdown !== undefined) writeNamedFile(markdown, reportMarkdown(report));
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

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        root: { type: "string" },
        config: { type: "string" },
        baseline: { type: "string" },
        base: { type: "string" },
        "accept-scope": { type: "boolean" },
        accept: { type: "string" },
        reason: { type: "string" },
        owner: { type: "string" },
        until: { type: "string" },
        json: { type: "boolean" },
        markdown: { type: "string" },
        html: { type: "string" },
        sarif: { type: "string" },
        cache: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`unable to read the command line; ${(error as Error).message.split("\n")[0]}`);
  }
}
