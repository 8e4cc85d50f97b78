/**
 * The audit over a large tree beside tools that read the same files for other reasons, in turns: time and memory of whole processes.
 * The tree is what the machine has of other people's code: 10,000 files of its Python, 900 TypeScript sources of `node_modules`.
 * The other tools come from npm into `.cache`. Needs a built packages/audit and git. Usage: node benchmarks/audit.ts [rounds]
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyTree } from "./audit-tree.ts";
import { type MeasuredRun, measuredRun } from "./measured-run.ts";
import { median } from "./percentile.ts";

const rounds = Number(process.argv[2] ?? 3);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error("unable to measure; the rounds are a whole number from 1 on");
const root = fileURLToPath(new URL("../", import.meta.url));
const others = { jscpd: "5.3.3", "@ast-grep/cli": "0.51.1", "dependency-cruiser": "18.7.2" };

const folder = mkdtempSync(join(tmpdir(), "throughline-audit-bench-"));
const tree = join(folder, "tree");
const cache = join(folder, "cache");
/** What a machine for pull requests has: a fresh clone, whose files have other times, and the cache of an earlier run. */
const clone = join(folder, "clone");
const cloneCache = join(folder, "clone-cache");
const audit = (...words: string[]) => [process.execPath, join(root, "packages/audit/dist/main.js"), ...words, "--json"];
const other = (name: string, ...words: string[]) => [join(otherTools(), "node_modules/.bin", name), ...words];

interface Row {
  readonly name: string;
  readonly command: readonly string[];
  /** Exit codes of a run that did its work. */
  readonly fine: readonly number[];
  /** Default: the tree. */
  readonly at?: string;
  before?(round: number): void;
}

const changed = "py/queue.py";
const rows: readonly Row[] = [
  { name: "audit check, cold", command: audit("check"), fine: [0, 1] },
  {
    name: "audit check, cold, cache written",
    command: audit("check", "--cache", cache),
    fine: [0, 1],
    before: () => rmSync(cache, { recursive: true, force: true }),
  },
  { name: "audit check, nothing changed", command: audit("check", "--cache", cache), fine: [0, 1] },
  {
    name: "audit gate, one file changed",
    command: audit("gate", "--cache", cache),
    fine: [0, 1],
    before: (round) => appendFileSync(join(tree, changed), `\nround_${round} = Queue()\n`),
  },
  {
    name: "audit gate, one file changed, fresh clone",
    command: audit("gate", "--cache", cloneCache),
    fine: [0, 1],
    at: clone,
    before: (round) => {
      for (const old of [clone, cloneCache]) rmSync(old, { recursive: true, force: true });
      git("clone", "--quiet", tree, clone);
      cpSync(cache, cloneCache, { recursive: true });
      appendFileSync(join(clone, changed), `\ncloned_${round} = Queue()\n`);
    },
  },
  { name: "audit discover, cold", command: audit("discover"), fine: [0] },
  {
    name: "jscpd (clones)",
    command: other("jscpd", "--silent", "--reporters", "silent", "."),
    fine: [0],
  },
  {
    name: "ast-grep (one pattern in each language)",
    command: other("ast-grep", "scan", "--json=stream", "--rule", join(folder, "rules.yml"), "."),
    fine: [0, 1],
  },
  {
    name: "dependency-cruiser (imports, TypeScript only)",
    command: other("depcruise", "--no-config", "--output-type", "json", "ts"),
    fine: [0],
  },
];
const rules = ["Python", "TypeScript"].map(
  (language) => `id: ${language}\nlanguage: ${language}\nrule:\n  pattern: urlopen($$$A)\n`,
);

try {
  const { python, typescript, bytes } = copyTree(tree, join(root, "node_modules"), { python: 10_000, typescript: 900 });
  writeFileSync(join(folder, "rules.yml"), rules.join("---\n"));
  // What git knows of a tree is what the audit reads, as in a real checkout.
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "--quiet", "--message", "tree");
  console.log(
    `${python} Python and ${typescript} TypeScript files, ${(bytes / 2 ** 20).toFixed(0)} MiB; ${rounds} rounds, medians`,
  );
  const runs = new Map<string, MeasuredRun[]>(rows.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, fine, at = tree, before } of rows) {
      before?.(round);
      const run = await measuredRun(command, at);
      if (!fine.includes(run.exitCode))
        throw new Error(`unable to measure ${name}; it ended with ${run.exitCode}: ${run.output.slice(-500)}`);
      runs.get(name)?.push(run);
    }
  }
  for (const [name, measured] of runs) {
    const seconds = median(measured.map((run) => run.seconds)).toFixed(2);
    const memory = median(measured.map(({ mebibytes }) => mebibytes ?? Number.NaN)).toFixed(0);
    console.log(`${name.padEnd(48)} ${seconds.padStart(7)} s ${memory.padStart(6)} MiB`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function git(...words: string[]): void {
  const { status, stderr } = spawnSync("git", words, { cwd: tree, encoding: "utf8" });
  if (status !== 0) throw new Error(`unable to keep the tree in git; ${stderr}`);
}

/** The folder that has the other tools, from npm, of these versions. */
function otherTools(): string {
  const prefix = join(root, ".cache/audit-bench");
  const names = Object.entries(others).map(([name, version]) => `${name}@${version}`);
  const mark = join(prefix, names.join(" ").replaceAll("/", "_"));
  if (!existsSync(mark)) {
    const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", prefix];
    const { status } = spawnSync("npm", ["install", ...options, ...names, "typescript@5"], { stdio: "inherit" });
    if (status !== 0) throw new Error("unable to install the tools to compare with; see above");
    writeFileSync(mark, "");
  }
  return prefix;
}
