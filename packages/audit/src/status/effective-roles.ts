import type { AuditConfig } from "../config/audit-config.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import type { FileRole } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { rolesBy } from "./roles-by.ts";

/** Roles that a name can give to code which production needs all the same. */
const claimed: ReadonlySet<FileRole> = new Set<FileRole>(["test", "backup", "script"]);

/** What each file is: by its name or the configuration, and production when production imports it, whatever it is called. */
export function effectiveRoles(program: Program, declared: AuditConfig["roles"]): ReadonlyMap<string, FileRole> {
  const roleOf = rolesBy(declared);
  const roles = new Map(program.files.map((file) => [file.path, roleOf(file)]));
  const waiting = [...program.files.keys()].filter((place) => roles.get(pathAt(program, place)) === "production");
  const claim = (place: number, _line: number, isNeeded: boolean) => {
    const path = pathAt(program, place);
    if (!isNeeded || !claimed.has(roles.get(path) ?? "production")) return;
    roles.set(path, "production");
    waiting.push(place);
  };
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) program.imports.each(place, claim);
  return roles;
}

function pathAt({ files }: Program, place: number): string {
  return (files[place] as PackedFacts).path;
}
