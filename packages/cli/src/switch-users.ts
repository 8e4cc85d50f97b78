import { parseArgs } from "node:util";
import { type Side, UserSwitch } from "@throughline/bridges";
import { exitCodes, UsageError } from "./exit.ts";
import { visible } from "./visible.ts";

export const switchHelp = `Usage: throughline switch <what> --file <file>

Which implementation serves which user, while older code is being replaced.

What
  status                  who was moved, and what holds for everybody else
  move <user> <old|new>   moves one user
  others <old|new>        moves everybody who was not moved by name
  rollback                takes everybody back to the old implementation

Options
  --file <file>   where it is kept; programs open the same file with UserSwitch
  --json          for programs`;

/** Throws a `UsageError` for words that make no sense. */
export function switchUsers(words: readonly string[]): number {
  const { values, positionals } = parse(words);
  const [what, ...rest] = positionals;
  if (values.help || what === undefined) {
    console.log(switchHelp);
    return exitCodes.done;
  }
  if (values.file === undefined) throw new UsageError("unable to switch; --file is missing");
  using users = new UserSwitch(values.file);
  switch (what) {
    case "status":
      expectWords(what, rest, 0);
      break;
    case "move":
      expectWords(what, rest, 2);
      users.move(rest[0] as string, sideOf(rest[1]));
      break;
    case "others":
      expectWords(what, rest, 1);
      users.moveOthers(sideOf(rest[0]));
      break;
    case "rollback":
      expectWords(what, rest, 0);
      users.rollBack();
      break;
    default:
      throw new UsageError(`unable to switch; "${what}" is none of status, move, others, rollback`);
  }
  const now = users.read();
  if (values.json) console.log(JSON.stringify({ event: "switch", ...now }));
  else {
    for (const [user, side] of Object.entries(now.users)) console.log(visible(`${side}  ${user}`));
    console.log(`${now.others}  everybody else`);
  }
  return exitCodes.done;
}

function expectWords(what: string, words: readonly string[], count: number): void {
  if (words.length !== count)
    throw new UsageError(`unable to switch; ${what} takes ${count} words, not ${words.length}`);
}

function sideOf(word: string | undefined): Side {
  if (word === "old" || word === "new") return word;
  throw new UsageError(`unable to switch to "${word}"; it is old or new`);
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { file: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new UsageError(`unable to read the command line; ${(error as Error).message.split("\n")[0]}`, {
      cause: error,
    });
  }
}
