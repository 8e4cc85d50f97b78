import type { AuditConfig } from "../config/audit-config.ts";
import type { FileRole } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { rolesBy } from "./roles-by.ts";

/** Roles that a name can give to code which production needs all the same. */
const claimed: ReadonlySet<FileRole> = new Set<FileRole>(["test", "backup", "script"]);

/** What each file is: by its name or the configuration, and production when production imports it, whatever it is called. */
export function effectiveRoles(program: Program, declared: AuditConfig["roles"]): ReadonlyMap<string, FileRole> {
  const roleOf = rolesBy(declared);
  const roles = new Map(program.files.map((file) => [file.path, roleOf(file)]));
  const waiting = program.files.filter(({ path }) => roles.get(path) === "production");
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const specifier of file.neededModules()) {
      const path = program.moduleOf(file, specifier);
      const target = path === undefined ? undefined : program.file(path);
      if (target === undefined || !claimed.has(roles.get(target.path) ?? "production")) continue;
      roles.set(target.path, "production");
      waiting.push(target);
    }
  }
  return roles;
}
