import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditConfig } from "./config/audit-config.ts";
import { discoverIn } from "./discover/discover.ts";
import type { FileFacts, Language } from "./facts/file-facts.ts";
import { listFiles } from "./files/list-files.ts";
import { type AllFacts, type ReadOptions, readAllFacts } from "./files/read-all-facts.ts";
import { type AuditReport, type FileRole, reportVersion } from "./report/audit-report.ts";
import type { ModuleNames } from "./resolve/modules.ts";
import { Program } from "./resolve/program.ts";
import { effectiveRoles } from "./status/effective-roles.ts";
import { reportOf } from "./status/responsibility-report.ts";
import { Uses } from "./status/uses.ts";
import { type Answer, whoDoes } from "./who/who.ts";

/** Checks the declared responsibilities of the code in a folder. `today`: `YYYY-MM-DD`. */
export async function check(
  root: string,
  config: AuditConfig,
  today: string,
  options: ReadOptions = {},
): Promise<AuditReport> {
  const { all, names } = await readRoot(root, config, options);
  return checkFacts(all, config, names, today);
}

/** The same over facts that were read already. */
export function checkFacts(all: AllFacts, config: AuditConfig, names: ModuleNames, today: string): AuditReport {
  const { program, uses, roleAt, files } = measured(all, config, names);
  const responsibilities = config.responsibilities.map((responsibility) =>
    reportOf(responsibility, { program, uses, roleOf: roleAt, today }),
  );
  return {
    version: reportVersion,
    command: "check",
    files,
    ignores: ignoresOf(all, roleAt),
    responsibilities,
    findings: [],
  };
}

/** Looks for responsibilities with more than one owner in the code in a folder, without a configuration of them. */
export async function discover(
  root: string,
  config: Pick<AuditConfig, "scope" | "roles">,
  words: readonly string[],
  options: ReadOptions = {},
): Promise<AuditReport> {
  const { all, names } = await readRoot(root, config, options);
  return discoverFacts(all, config, names, words);
}

/** The same over facts that were read already. */
export function discoverFacts(
  all: AllFacts,
  config: Pick<AuditConfig, "roles">,
  names: ModuleNames,
  words: readonly string[],
): AuditReport {
  const { program, uses, roleAt, files } = measured(all, config, names);
  const findings = discoverIn(program, uses, roleAt, words);
  return {
    version: reportVersion,
    command: "discover",
    files,
    ignores: ignoresOf(all, roleAt),
    responsibilities: [],
    findings,
  };
}

/** Who does what these words say, best first. */
export async function who(
  root: string,
  config: Pick<AuditConfig, "scope" | "roles">,
  words: readonly string[],
  options: ReadOptions = {},
): Promise<readonly Answer[]> {
  const { all, names } = await readRoot(root, config, options);
  const { program, uses, roleAt } = measured(all, config, names);
  return whoDoes(program, uses, roleAt, words);
}

async function readRoot(root: string, { scope }: Pick<AuditConfig, "scope">, options: ReadOptions) {
  const { files, skipped, stats } = listFiles(root, {
    ...(scope.include.length > 0 && { include: scope.include }),
    exclude: scope.exclude,
  });
  const all = await readAllFacts(root, files, options, (path) => stats.get(path));
  return { all: { ...all, skipped: [...skipped, ...all.skipped] }, names: readModuleNames(root, files) };
}

function measured(all: AllFacts, { roles: declared }: Pick<AuditConfig, "roles">, names: ModuleNames) {
  const { facts, unparsed, skipped } = all;
  const program = new Program(facts, names);
  const roles = effectiveRoles(program, declared);
  const roleAt = (path: string): FileRole => roles.get(path) ?? "production";
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
  };
  return { program, uses: new Uses(program, roleAt), roleAt, files };
}

/** In production only: what tests leave out is nobody's excuse. */
function ignoresOf({ facts }: AllFacts, roleAt: (path: string) => FileRole): number {
  return facts.reduce((sum, { path, ignores }) => sum + (roleAt(path) === "production" ? ignores.length : 0), 0);
}

/** Names of workspaces, and `paths` of `tsconfig.json`, as far as they are written plainly. */
function readModuleNames(root: string, files: readonly string[]): ModuleNames {
  const folders = new Set(files.map((path) => path.split("/").slice(0, 2).join("/")));
  const packages: Record<string, string> = {};
  for (const folder of folders) {
    const manifest = readJson(join(root, folder, "package.json")) as { name?: unknown } | undefined;
    if (typeof manifest?.name === "string") packages[manifest.name] = folder;
  }
  const tsconfig = readJson(join(root, "tsconfig.json")) as
    | { compilerOptions?: { paths?: Record<string, string[]> } }
    | undefined;
  return { packages, paths: tsconfig?.compilerOptions?.paths ?? {} };
}

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
