/**
 * Loaded into a server before its own code (`node --import`): kills the process, exactly before or after a commit of its
 * log. The server knows nothing of it. THROUGHLINE_KILL_PLAN names a file that says when:
 *
 * `before 3`, `after 3`    the third commit from now on; the file is read at every commit, and a new text begins at one
 * `opening 3`              before the third thing that a start does with the file of the log
 *
 * What was killed is told in a file beside it, `<plan>.killed`: one line, with the types of the events of that commit.
 */
import fs, { appendFileSync, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isMainThread } from "node:worker_threads";

const plan = process.env.THROUGHLINE_KILL_PLAN ?? "";
const { prepare, exec } = DatabaseSync.prototype;

if (isMainThread) watchOpening();
else watchCommits();

function die(moment: string, what: string): void {
  appendFileSync(`${plan}.killed`, `${moment} ${what}\n`);
  process.kill(process.pid, "SIGKILL");
}

/** The writer thread: between BEGIN and COMMIT it inserts chunks, whose texts name the types of their events. */
function watchCommits(): void {
  let text = "";
  let commits = 0;
  let types: string[] = [];
  DatabaseSync.prototype.prepare = function (sql: string): StatementSync {
    const statement = prepare.call(this, sql);
    const run = statement.run.bind(statement) as (...values: unknown[]) => ReturnType<StatementSync["run"]>;
    if (sql.startsWith("INSERT INTO chunks")) {
      statement.run = (...values: unknown[]) => {
        types.push(
          ...[...String(values[3]).matchAll(/^\{"sequence":\d+,"type":"(\w+)"/gm)].map((match) => match[1] ?? ""),
        );
        return run(...values);
      };
    } else if (sql === "COMMIT") {
      statement.run = () => {
        const now = readFileSync(plan, "utf8");
        if (now !== text) [text, commits] = [now, 0];
        commits += 1;
        const what = types.join(",");
        types = [];
        if (text === `before ${commits}`) die("before", what);
        const result = run();
        if (text === `after ${commits}`) die("after", what);
        return result;
      };
    }
    return statement;
  };
}

function watchOpening(): void {
  let things = 0;
  const count = (what: string): void => {
    things += 1;
    if (readFileSync(plan, "utf8") === `opening ${things}`)
      die("opening", what.trim().replace(/\s+/g, " ").slice(0, 40));
  };
  const isLog = (database: DatabaseSync) => /log\.db(\.new)?$/.test(database.location() ?? "");
  /** What only looks leaves nothing behind that a kill could cut in half. */
  const changes = (sql: string) => !/^\s*(SELECT|PRAGMA \w+$|PRAGMA quick_check)/.test(sql);
  DatabaseSync.prototype.exec = function (sql: string): void {
    for (const statement of isLog(this) ? sql.split(";") : [sql]) {
      if (statement.trim() === "") continue;
      if (isLog(this)) count(statement);
      exec.call(this, statement);
    }
  };
  DatabaseSync.prototype.prepare = function (sql: string): StatementSync {
    if (isLog(this) && changes(sql)) count(sql);
    return prepare.call(this, sql);
  };
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    count(`rename ${from}`);
    renameSync(from, to);
  };
  syncBuiltinESMExports();
}
