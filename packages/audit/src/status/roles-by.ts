import type { AuditConfig } from "../config/audit-config.ts";
import type { FileFacts } from "../facts/file-facts.ts";
import { globTest } from "../files/glob.ts";
import type { FileRole } from "../report/audit-report.ts";

/** Names say what files are, unless the configuration does. A folder called `build` says nothing: code is written there, too. */
const byName: readonly (readonly [FileRole, RegExp])[] = [
  ["vendored", /(^|\/)(_?vendor|_?vendored|third_party|node_modules|site-packages)\//],
  [
    "backup",
    /(^|[/_.-])(backup|bak|old_copy|deprecated_copy)([/_.-]|\d*\.[a-z]+$)|\.(orig|bak)(\.|$)|[ _-]copy(\d*)\.[a-z]+$/i,
  ],
  [
    "test",
    /(^|\/)(tests?|__tests__|testing|spec|specs|e2e|fixtures?|conftest\.py)(\/|$)|\.(test|spec)\.[cm]?[jt]sx?$|(^|\/)test_[^/]*\.pyi?$|_test\.pyi?$|-suite\.ts$/,
  ],
  ["script", /^(scripts?|bin|benchmarks?|examples?|docs?)\//],
];

/** Folders that package managers fill: what lies there is nobody's own code, whoever needs it. */
const installed = /(^|\/)(node_modules|site-packages)\//;

export interface Role {
  readonly role: FileRole;
  /** Whether the configuration says so, or the place where package managers put it; else the file says it of itself. */
  readonly isCertain: boolean;
}

/** What each file is, unless production needs it. */
export function rolesBy(declared: AuditConfig["roles"]): (file: FileFacts) => Role {
  const tests = Object.entries(declared).flatMap(([role, globs]) =>
    globs === undefined ? [] : [{ role: role as FileRole, isIn: globTest(globs) }],
  );
  return (file) => {
    const said = tests.find(({ isIn }) => isIn(file.path))?.role;
    if (said !== undefined) return { role: said, isCertain: true };
    if (file.isGenerated) return { role: "generated", isCertain: false };
    const role = byName.find(([, pattern]) => pattern.test(file.path))?.[0] ?? "production";
    return { role, isCertain: installed.test(file.path) };
  };
}
