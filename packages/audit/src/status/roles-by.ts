import type { AuditConfig } from "../config/audit-config.ts";
import type { FileFacts } from "../facts/file-facts.ts";
import { globTest } from "../files/glob.ts";
import type { FileRole } from "../report/audit-report.ts";

/** Names say what files are, unless the configuration does. A folder called `build` says nothing: code is written there, too. */
const byName: readonly (readonly [FileRole, RegExp])[] = [
  ["vendored", /(^|\/)(vendor|vendored|third_party|node_modules|site-packages)\//],
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

/** What each file is, unless production needs it. */
export function rolesBy(declared: AuditConfig["roles"]): (file: FileFacts) => FileRole {
  const tests = Object.entries(declared).flatMap(([role, globs]) =>
    globs === undefined ? [] : [{ role: role as FileRole, isIn: globTest(globs) }],
  );
  return (file) =>
    tests.find(({ isIn }) => isIn(file.path))?.role ??
    (file.isGenerated ? "generated" : (byName.find(([, pattern]) => pattern.test(file.path))?.[0] ?? "production"));
}
