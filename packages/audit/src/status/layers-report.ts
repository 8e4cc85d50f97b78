import type { Layers } from "../config/audit-config.ts";
import { globTest } from "../files/glob.ts";
import type { FileRole, LayersReport, Violation } from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { complianceOf } from "./compliance.ts";

/** Who imports whom against the rules: types count as well, and a computed import cannot be told. Each pair of files counts once. */
export function layersReport(
  { id, why, covers, computed: mayCompute, rules }: Layers,
  program: Program,
  roleOf: (path: string) => FileRole,
): LayersReport {
  const isCovered = globTest(covers);
  const mayBeComputed = globTest(mayCompute);
  const rooms = rules.map(({ from, allow }) => ({
    isIn: globTest(from),
    isAllowed: globTest(allow),
    name: from.join(", "),
  }));
  const violations: Violation[] = [];
  let [ok, unknown] = [0, 0];
  const say = (kind: Violation["kind"], target: string, path: string, line: number, message: string) =>
    violations.push({ identity: [id, kind, target, `${path}#`].join(" | "), kind, path, line, message });
  for (const [place, file] of program.files.entries()) {
    if (roleOf(file.path) !== "production") continue;
    const own = rooms.filter(({ isIn }) => isIn(file.path));
    if (own.length === 0) {
      if (isCovered(file.path)) say("import", "", file.path, 1, `${file.path} has no rule`);
      continue;
    }
    for (const { path, line } of program.imports.of(place)) {
      const broken = own.find(({ isIn, isAllowed }) => !isIn(path) && !isAllowed(path));
      if (broken === undefined) ok += 1;
      else say("import", path, file.path, line, `${broken.name} may not import ${path}`);
    }
    const computed = file.computedUses
      .map((use) => file.use(use))
      .find(({ chain }) => /^(import|require|importlib\.import_module)$/.test(chain.join(".")));
    if (computed === undefined || mayBeComputed(file.path)) continue;
    unknown += 1;
    say("unknown", "import()", file.path, computed.line, "it imports what cannot be told");
  }
  return { id, why, compliance: complianceOf({ ok, bypass: violations.length - unknown, unknown }), violations };
}
