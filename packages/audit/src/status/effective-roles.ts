import type { AuditConfig } from "../config/audit-config.ts";
import type { PackedFacts } from "../facts/packed-facts.ts";
import type { FileRole } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { rolesBy } from "./roles-by.ts";

/** Roles that a name can give to code which production needs all the same, whoever says so. */
const claimed: ReadonlySet<FileRole> = new Set<FileRole>(["test", "backup", "script"]);
/** Roles of code that somebody else wrote. */
const foreign: ReadonlySet<FileRole> = new Set<FileRole>(["generated", "vendored"]);

export interface EffectiveRoles {
  /** By path. */
  readonly roles: ReadonlyMap<string, FileRole>;
  /** Paths of what says of itself that somebody else wrote it, needed or not: how it is made is nobody's choice here. */
  readonly foreign: ReadonlySet<string>;
}

/**
 * What each file is: by its name, its first comment or the configuration, and production when production imports it, whatever
 * it says of itself. Generated and vendored code that production needs is let off by the configuration only, because a
 * comment or a folder is no reason.
 */
export function effectiveRoles(program: Program, declared: AuditConfig["roles"]): EffectiveRoles {
  const roleOf = rolesBy(declared);
  const certain = new Set<string>();
  const roles = new Map(
    program.files.map((file) => {
      const { role, isCertain } = roleOf(file);
      if (isCertain) certain.add(file.path);
      return [file.path, role];
    }),
  );
  const ofOthers = new Set([...roles].flatMap(([path, role]) => (foreign.has(role) ? [path] : [])));
  const waiting = [...program.files.keys()].filter((place) => roles.get(pathAt(program, place)) === "production");
  const claim = (place: number, _line: number, isNeeded: boolean) => {
    const path = pathAt(program, place);
    const role = roles.get(path) ?? "production";
    if (!isNeeded || !(claimed.has(role) || (foreign.has(role) && !certain.has(path)))) return;
    roles.set(path, "production");
    waiting.push(place);
  };
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) program.imports.each(place, claim);
  return { roles, foreign: ofOthers };
}

function pathAt({ files }: Program, place: number): string {
  return (files[place] as PackedFacts).path;
}
