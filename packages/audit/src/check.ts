import type { AuditConfig } from "./config/audit-config.ts";
import { discoverIn } from "./discover/discover.ts";
import type { FileFacts, Language } from "./facts/file-facts.ts";
import { type Begun, begin } from "./files/begun.ts";
import { KeptResult } from "./files/kept-result.ts";
import { KnownFiles } from "./files/known-files.ts";
import { listFiles } from "./files/list-files.ts";
import { type AllFacts, type ReadOptions, readAllFacts } from "./files/read-all-facts.ts";
import { type AuditReport, type FileRole, reportVersion } from "./report/audit-report.ts";
import { type Manifests, readManifests } from "./resolve/manifests.ts";
import { Program } from "./resolve/program.ts";
import { compiledTwins } from "./status/compiled-twins.ts";
import { effectiveRoles } from "./status/effective-roles.ts";
import { layersReport } from "./status/layers-report.ts";
import { reachabilityOf } from "./status/reachability.ts";
import { reportsOf } from "./status/responsibility-report.ts";
import { Uses } from "./status/uses.ts";
import { type Answer, whoDoes } from "./who/who.ts";

/** What there is to look at, and what it is. */
type ProgramConfig = Pick<AuditConfig, "scope" | "roles" | "entries">;

export interface CheckOptions extends ReadOptions {
  /** The folder is gone after this run: what the file system says of its files need not be kept. */
  readonly isPassing?: boolean;
  /** For this root and this cache. */
  readonly begun?: Begun;
}

/** Checks the declared responsibilities of the code in a folder. `today`: `YYYY-MM-DD`. */
export async function check(
  root: string,
  config: AuditConfig,
  today: string,
  options: CheckOptions = {},
): Promise<AuditReport> {
  const ask = (all: AllFacts, manifests: Manifests) => checkFacts(all, config, manifests, today);
  return answer("check", root, config, [config, today], options, ask);
}

/** The same over facts that were read already. */
export function checkFacts(all: AllFacts, config: AuditConfig, manifests: Manifests, today: string): AuditReport {
  const { program, uses, roleAt, files } = measured(all, config, manifests);
  const unreached = new Set(files.unreached);
  const isReached = (path: string) => !unreached.has(path);
  const responsibilities = reportsOf(config.responsibilities, { program, uses, roleOf: roleAt, isReached, today });
  return {
    version: reportVersion,
    command: "check",
    files,
    ignores: ignoresOf(all, roleAt),
    responsibilities,
    layers: config.layers.map((layers) => layersReport(layers, program, roleAt)),
    findings: [],
  };
}

/** Looks for responsibilities with more than one owner in the code in a folder, without a configuration of them. */
export async function discover(
  root: string,
  config: ProgramConfig,
  words: readonly string[],
  options: CheckOptions = {},
): Promise<AuditReport> {
  const ask = (all: AllFacts, manifests: Manifests) => discoverFacts(all, config, manifests, words);
  return answer("discover", root, config, [config, words], options, ask);
}

/** The same over facts that were read already. */
export function discoverFacts(
  all: AllFacts,
  config: ProgramConfig,
  manifests: Manifests,
  words: readonly string[],
): AuditReport {
  const { program, uses, roleAt, foreign, files } = measured(all, config, manifests);
  const twins = compiledTwins(program);
  const isOwn = (path: string) => roleAt(path) === "production" && !foreign.has(path) && !twins.has(path);
  const findings = discoverIn(program, uses, isOwn, words);
  return {
    version: reportVersion,
    command: "discover",
    files,
    ignores: ignoresOf(all, roleAt),
    responsibilities: [],
    layers: [],
    findings,
  };
}

/** Who does what these words say, best first. */
export async function who(
  root: string,
  config: ProgramConfig,
  words: readonly string[],
  options: CheckOptions = {},
): Promise<readonly Answer[]> {
  return answer("who", root, config, [config, words], options, (all, manifests) => {
    const { program, uses, roleAt } = measured(all, config, manifests);
    return whoDoes(program, uses, roleAt, words);
  });
}

/** Asks the code in a folder, unless the same was asked of the same code in the last run. `question`: what the answer depends on. */
async function answer<Answer>(
  kind: string,
  root: string,
  { scope }: ProgramConfig,
  question: unknown,
  options: CheckOptions,
  ask: (all: AllFacts, manifests: Manifests) => Answer,
): Promise<Answer> {
  const { cacheFolder, isPassing = false, begun = begin(root, options) } = options;
  const isKept = cacheFolder !== undefined && !isPassing;
  const known = isKept ? new KnownFiles(cacheFolder, root, Date.now()) : undefined;
  const { include, exclude } = scope;
  const globs = { ...(include.length > 0 && { include }), exclude };
  const { files, skipped, stats, paths } = await listFiles(root, globs, begun.paths);
  const kept = isKept ? new KeptResult<Answer>(cacheFolder, kind) : undefined;
  const before = known?.all(stats);
  const early = before === undefined ? undefined : readManifests(root, files, paths);
  const same = early && kept?.read([question, early, skipped, before]);
  if (same !== undefined) return same;
  const hints = { statsOf: (path: string) => stats.get(path), known, begun };
  const reading = readAllFacts(root, files, options, hints);
  // While other threads start.
  const manifests = early ?? readManifests(root, files, paths);
  const all = await reading;
  const result = ask({ ...all, skipped: [...skipped, ...all.skipped] }, manifests);
  const after = known?.all(stats);
  if (after !== undefined) kept?.write([question, manifests, skipped, after], result);
  return result;
}

function measured(all: AllFacts, { roles: declared, entries }: ProgramConfig, manifests: Manifests) {
  const { facts, unparsed, skipped, kept } = all;
  const program = new Program(facts, manifests.names, kept);
  all.keep?.(program);
  const { roles, foreign } = effectiveRoles(program, declared);
  const roleAt = (path: string): FileRole => roles.get(path) ?? "production";
  const reach = reachabilityOf(program, roleAt, entries, manifests.entries);
  const count = <Key extends string>(keys: readonly Key[], of: (file: FileFacts) => Key) =>
    Object.fromEntries(keys.map((key) => [key, facts.filter((file) => of(file) === key).length])) as Record<
      Key,
      number
    >;
  const files: AuditReport["files"] = {
    read: facts.length,
    byLanguage: count<Language>(["typescript", "javascript", "python"], ({ language }) => language),
    byRole: count<FileRole>(["production", "test", "generated", "vendored", "backup", "script"], ({ path }) =>
      roleAt(path),
    ),
    unparsed,
    skipped,
    entries: reach.entries.length,
    unreached: reach.unreached,
  };
  return { program, uses: new Uses(program, roleAt), roleAt, foreign, files };
}

/** In production only: what tests leave out is nobody's excuse. */
function ignoresOf({ facts }: AllFacts, roleAt: (path: string) => FileRole): number {
  return facts.reduce((sum, { path, ignores }) => sum + (roleAt(path) === "production" ? ignores.length : 0), 0);
}
