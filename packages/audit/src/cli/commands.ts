import { type CheckOptions, check, discover, who } from "../check.ts";
import type { Begun } from "../files/begun.ts";
import { uncoveredIn } from "../gate/gate.ts";
import { planText } from "../plan/plan-text.ts";
import type { AuditReport } from "../report/audit-report.ts";
import { reportHtml } from "../report/report-html.ts";
import { reportMarkdown } from "../report/report-markdown.ts";
import { reportSarif } from "../report/report-sarif.ts";
import { terminalTable } from "../report/terminal-table.ts";
import type { Answer } from "../who/who.ts";
import { updateBaseline } from "./baseline-command.ts";
import { configOf, configOrNothing, neededConfig } from "./config-file.ts";
import { gateLines, gateOf } from "./gate-command.ts";
import { initConfig } from "./init-command.ts";
import { writeNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";
import type { CommandName, Values } from "./words.ts";

export interface Call {
  readonly root: string;
  readonly rest: readonly string[];
  readonly values: Values;
  readonly options: { readonly cacheFolder?: string };
  /** For the code in the root. */
  readonly begun?: Begun;
  readonly today: string;
  print(line: string): void;
}

/** Each resolves with the exit code. */
export const commands: Readonly<Record<CommandName, (call: Call) => Promise<number>>> = {
  async discover({ root, rest, values, print, ...call }) {
    show(await discover(root, configOrNothing(root, values.config), rest, optionsOf(call)), values, print);
    return 0;
  },

  async init({ root, rest, values, print, ...call }) {
    const { findings } = await discover(root, configOrNothing(root, values.config), rest, optionsOf(call));
    for (const line of initConfig(findings, { root, configFile: values.config, accept: values.accept })) print(line);
    return 0;
  },

  async check(call) {
    const { report } = await checked("check", call);
    show(report, call.values, call.print);
    const uncovered = uncoveredIn(report);
    if (call.values.json !== true) for (const problem of uncovered) call.print(`not measured: ${problem}`);
    return uncovered.length > 0 ? 2 : isFine(report) ? 0 : 1;
  },

  async gate(call) {
    const { report, config } = await checked("gate", call);
    const { root, values, options, today, print } = call;
    const words = {
      ...{ root, today, base: values.base, configFile: values.config, baselineFile: values.baseline },
      acceptScope: values["accept-scope"] === true,
    };
    const result = await gateOf(report, config, words, options);
    write(report, values, new Set(result.added.map(({ identity }) => identity)));
    print(values.json ? JSON.stringify({ ...report, gate: result }) : terminalTable(report));
    if (!values.json) for (const line of gateLines(result)) print(line);
    return result.exitCode;
  },

  async baseline(call) {
    if (call.rest[0] !== "update") throw new UsageError("unable to run baseline; say: baseline update");
    const { report, config } = await checked("update the baseline", { ...call, rest: call.rest.slice(1) });
    const { reason, owner, until, baseline, "accept-scope": acceptScope } = call.values;
    const words = {
      root: call.root,
      today: call.today,
      baselineFile: baseline,
      acceptScope: acceptScope === true,
      reason,
      owner,
      until,
    };
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

  async who({ root, rest, values, print, ...call }) {
    if (rest.length === 0)
      throw new UsageError("unable to tell who; say what is done, such as: who broadcast user event");
    const answers = await who(root, configOrNothing(root, values.config), rest, optionsOf(call));
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

/** For who looks at the code in the root. */
function optionsOf({ options, begun }: Pick<Call, "options" | "begun">): CheckOptions {
  return { ...options, ...(begun && { begun }) };
}

async function checked(command: string, { root, rest, values, today, ...call }: Call) {
  if (rest.length > 0) throw new UsageError(`unable to ${command}; "${rest[0]}" is one word too many`);
  const config = neededConfig(command, root, values.config);
  return { config, report: await check(root, config, today, optionsOf(call)) };
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

function show(report: AuditReport, values: Values, print: (line: string) => void): void {
  write(report, values);
  print(values.json ? JSON.stringify(report) : terminalTable(report));
}

/** `added`: identities of what is new, where there is something to compare with. */
function write(report: AuditReport, { sarif, markdown, html }: Values, added?: ReadonlySet<string>): void {
  if (sarif !== undefined) writeNamedFile(sarif, reportSarif(report, added));
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
