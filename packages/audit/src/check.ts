import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditConfig } from "./config/audit-config.ts";
import type { FileFacts, Language } from "./facts/file-facts.ts";
import { listFiles } from "./files/list-files.ts";
import { type AllFacts, type ReadOptions, readAllFacts } from "./files/read-all-facts.ts";
import { type AuditReport, type FileRole, reportVersion } from "./report/audit-report.ts";
import type { ModuleNames } from "./resolve/modules.ts";
import { Program } from "./resolve/program.ts";
import { reportOf } from "./status/responsibility-report.ts";
import { roleOf } from "./status/role-of.ts";
import { Uses } from "./status/uses.ts";

/** Checks the declared responsibilities of the code in a folder. `today`: `YYYY-MM-DD`. */
export async function check(
  root: string,
  config: AuditConfig,
  today: string,
  options: ReadOptions = {},
): Promise<AuditReport> {
  const { files, skipped } = listFiles(root, {
    ...(config.scope.include.length > 0 && { include: config.scope.include }),
    exclude: config.scope.exclude,
  });
  const all = await readAllFacts(root, files, options);
  return checkFacts({ ...all, skipped: [...skipped, ...all.skipped] }, config, readModuleNames(root, files), today);
}

/** The same over facts that were read already. */
export function checkFacts(all: AllFacts, config: AuditConfig, names: ModuleNames, today: string): AuditReport {
  const { facts, unparsed, skipped } = all;
  const program = new Program(facts, names);
  const roles = new Map(facts.map((file) => [file.path, roleOf(file, config.roles)]));
  const roleAt = (path: string): FileRole => roles.get(path) ?? "production";
  const uses = new Uses(program, roleAt);
  const count = <Key extends string>(keys: readonly Key[], of: (file: FileFacts) => Key) =>
    Object.fromEntries(keys.map((key) => [key, facts.filter((file) => of(file) === key).length])) as Record<
      Key,
      number
    >;
  return {
    version: reportVersion,
    command: "check",
    files: {
      read: facts.length,
      byLanguage: count<Language>(["typescript", "javascript", "python"], ({ language }) => language),
      byRole: count<FileRole>(["production", "test", "generated", "vendored", "backup", "script"], ({ path }) =>
        roleAt(path),
      ),
      unparsed,
      skipped,
    },
    ignores: facts.reduce((sum, { ignores }) => sum + ignores.length, 0),
    responsibilities: config.responsibilities.map((responsibility) =>
      reportOf(responsibility, { program, uses, roleOf: roleAt, today }),
    ),
    findings: [],
  };
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
