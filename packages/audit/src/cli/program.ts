import { statSync } from "node:fs";
import { ConfigError } from "../config/audit-config.ts";
import { begin } from "../files/begun.ts";
import { ListError } from "../files/list-files.ts";
import { BaseError } from "../gate/base-tree.ts";
import { visible } from "../report/visible.ts";
import { UsageError } from "./usage-error.ts";
import { commandNames, parse, refuseOthers } from "./words.ts";

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

/** What is wrong with what was asked, or with what it was asked of. */
const expected = [UsageError, ConfigError, BaseError, ListError];

/** Resolves with the exit code. `today`: `YYYY-MM-DD`; `complain`: where what is wrong with the question is said. */
export async function run(
  words: readonly string[],
  write: (text: string) => void,
  today: string,
  complain = write,
): Promise<number> {
  const shown = (text: string) => text.split("\n").map(visible).join("\n");
  const print = (text: string) => write(shown(text));
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
    refuseOthers(name, values);
    const options = values.cache === undefined ? {} : { cacheFolder: values.cache };
    const { root = "." } = values;
    // Without a folder there is nothing, and nothing must not look like nothing wrong.
    if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new UsageError(`unable to look at ${root}; it is no folder`);
    const call = { root, rest, values, options, today, print };
    // First what others do meanwhile: a tenth of a second is spent on loading the rest.
    const begun = name === "mcp" ? undefined : begin(root, options);
    const { commands } = await import("./commands.ts");
    return await commands[name]({ ...call, ...(begun && { begun }) });
  } catch (error) {
    if (!(error instanceof Error && expected.some((kind) => error instanceof kind))) throw error;
    complain(shown(error.message));
    return 2;
  }
}
