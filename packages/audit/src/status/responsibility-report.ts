import type { PermittedAdapter, Responsibility } from "../config/audit-config.ts";
import type { FileFacts } from "../facts/file-facts.ts";
import { globTest } from "../files/glob.ts";
import type {
  Compliance,
  Evidence,
  FileRole,
  Member,
  MemberStatus,
  ResponsibilityReport,
  SymbolId,
  UseSite,
  Violation,
} from "../report/audit-report.ts";
import type { Program } from "../resolve/program.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { type Classified, classify } from "./classify.ts";
import { complianceOf } from "./compliance.ts";
import { type Owner, ownerOf } from "./owner.ts";
import type { ReportParts } from "./report-parts.ts";
import { Sites } from "./sites.ts";
import type { Place } from "./uses.ts";

const statusOrder: readonly MemberStatus[] = [
  ...(["canonical", "hollow", "shim", "adapter", "extension", "leaky_adapter", "masquerade", "rival"] as const),
  ...(["dead_rival", "bypass", "unknown"] as const),
];
/** What is wrong wherever production has it. A definition that does nothing is `unknown`, and harms nobody. */
const wrong: readonly MemberStatus[] = ["masquerade", "leaky_adapter", "hollow", "rival", "dead_rival"];

/** Members that only hand on to the owner. */
const provenStatus: readonly MemberStatus[] = ["adapter", "shim", "extension"];

/** Who owns a responsibility, and what has to be looked at beside it. */
interface Subject {
  readonly responsibility: Responsibility;
  readonly owner: Owner;
  readonly candidates: readonly Candidate[];
  readonly shims: readonly Shim[];
}

/** A module that does nothing but hand the owner on, and the line that says so. */
interface Shim {
  readonly place: Place;
  readonly evidence: Evidence;
}

function subjectOf(responsibility: Responsibility, { program, roleOf }: ReportParts): Subject {
  const owner = ownerOf(program, responsibility);
  const all = owner.place === undefined ? [] : candidatesOf(program, owner, responsibility);
  // The doubles of tests do nothing to production; where it imports them, they are no tests.
  const candidates = all.filter(({ because, path }) => because === "declared" || roleOf(path) !== "test");
  const shims = owner.place === undefined ? [] : shimsOf(program, owner, globTest(responsibility.exclude));
  return { responsibility, owner, candidates, shims };
}

/** All reports at once, because the uses of all members are found together. */
export function reportsOf(responsibilities: readonly Responsibility[], parts: ReportParts): ResponsibilityReport[] {
  const { program, uses } = parts;
  const subjects = responsibilities.map((responsibility) => subjectOf(responsibility, parts));
  uses.lookFor(
    subjects.flatMap(({ owner, candidates, shims }) => [
      ...owner.canonical,
      ...shims.map(({ place }) => place),
      ...[...(owner.place === undefined ? [] : [owner.place]), ...candidates].flatMap((place) => [
        place,
        ...basesOf(program, place),
      ]),
    ]),
  );
  const members = subjects.map((subject) => membersOf(subject, parts));
  const sought = subjects.map(({ responsibility, owner }, at) => {
    const proven = (members[at] ?? []).filter(({ status }) => provenStatus.includes(status));
    return new Sites(responsibility, owner, proven, parts);
  });
  // What may be of one of them is found for all of them at once.
  const told = sought.filter(({ isAnything }) => !isAnything);
  const suspects = uses.suspects(
    told.flatMap(({ places }) => places),
    told.flatMap(({ names }) => names),
  );
  const sites = sought.map((one) =>
    one.among((look) => {
      if (one.isAnything) uses.eachUse(look);
      else suspects.forEach(look);
    }),
  );
  uses.lookFor(sites.flat().flatMap((site) => (site.verdict === "ok" ? [] : [callerOf(program, site)])));
  return subjects.map((subject, at) =>
    reportOf(subject, members[at] ?? [], sites[at] ?? [], sought[at]?.unusedPrimitives ?? [], parts),
  );
}

function callerOf(program: Program, { caller, path }: UseSite): Place {
  const found = program.find(caller);
  return found.kind === "scope" ? found : { path, scope: 0 };
}

/** A member may have nothing of its own, and then its bases are judged. */
function basesOf(program: Program, place: Place): readonly Place[] {
  return program.basesOf(place).flatMap((base) => (base.kind === "scope" ? [base] : []));
}

/** The owner, and what definitions that resemble it are. */
function membersOf({ responsibility, owner, candidates, shims }: Subject, parts: ReportParts): readonly Member[] {
  const { program } = parts;
  const members: Member[] = [];
  if (owner.place !== undefined) {
    const status = owner.isHollow ? "hollow" : "canonical";
    const text = owner.isHollow ? "it has none of the behaviour that it is to own" : "declared to be the owner";
    const { line } = program.scope(owner.place);
    members.push(
      memberOf(responsibility, parts, owner.place, { status, evidence: [{ path: owner.place.path, line, text }] }),
    );
    for (const candidate of candidates) {
      const member = memberOf(responsibility, parts, candidate, classified(parts, owner, candidate));
      members.push(
        candidate.binding === undefined ? member : boundMember(responsibility.id, member, candidate.binding),
      );
    }
    for (const { place, evidence } of shims)
      members.push(memberOf(responsibility, parts, place, { status: "shim", evidence: [evidence] }));
  }
  return members;
}

/** Everything that is found about one responsibility. */
function reportOf(
  { responsibility, owner }: Subject,
  own: readonly Member[],
  sites: readonly UseSite[],
  unusedPrimitives: readonly string[],
  parts: ReportParts,
): ResponsibilityReport {
  const { program, uses } = parts;
  const around = sites.flatMap((site): Member[] => {
    const { caller, target, path, line, reason, verdict } = site;
    if (verdict === "ok") return [];
    const status = verdict === "bypass" ? "bypass" : "unknown";
    const evidence = [{ path, line, text: reason }];
    const member = memberOf(responsibility, parts, callerOf(program, site), { status, evidence });
    return [{ ...member, identity: identityOf(responsibility.id, status, target, caller) }];
  });
  const members = [...own, ...around];
  const violations = violationsOf(program, responsibility, owner, own, around, parts.today);
  members.sort((left, right) => {
    const byStatus = statusOrder.indexOf(left.status) - statusOrder.indexOf(right.status);
    return byStatus !== 0 ? byStatus : left.identity < right.identity ? -1 : 1;
  });
  const files = new Set([...members, ...sites].map(({ path }) => path));
  const testUses =
    owner.place === undefined ? [] : uses.ofDefinition(owner.place).filter(({ role }) => role === "test");
  return {
    id: responsibility.id,
    why: responsibility.why,
    owner: owner.symbol,
    target: responsibility.target,
    compliance: complianceOf(countsOf(sites), owner.place !== undefined && !owner.isHollow),
    members,
    sites,
    violations,
    unusedPrimitives,
    impact: {
      files: files.size,
      testFiles: new Set(testUses.map(({ path }) => path)).size,
      testSites: testUses.length,
    },
  };
}

function countsOf(sites: readonly UseSite[]): Pick<Compliance, "ok" | "bypass" | "unknown"> {
  const count = (verdict: UseSite["verdict"]) => sites.filter((site) => site.verdict === verdict).length;
  return { ok: count("ok"), bypass: count("bypass"), unknown: count("unknown") };
}

function classified({ program, uses, isReached }: ReportParts, owner: Owner, candidate: Candidate): Classified {
  if (candidate.because !== "alias") return classify(program, uses, owner, candidate, isReached);
  const { line, name } = candidate.binding ?? program.scope(candidate);
  const given = program.exported(candidate.path, name);
  const target = given.kind === "unresolved" ? program.evaluate(candidate.path, 0, [name]) : given;
  const isOwner =
    (target.kind === "scope" || target.kind === "instance") &&
    owner.canonical.some((place) => place.path === target.path && place.scope === target.scope);
  const what = target.kind === "scope" || target.kind === "instance" ? program.symbolOf(target) : "something else";
  return isOwner
    ? { status: "shim", evidence: [{ path: candidate.path, line, text: `${name} is another name of the owner` }] }
    : {
        status: "masquerade",
        evidence: [{ path: candidate.path, line, text: `${name} has the name of the owner, and is ${what}` }],
      };
}

function shimsOf(program: Program, owner: Owner, excluded: (path: string) => boolean): Shim[] {
  const [, name = ""] = owner.symbol.split("#");
  // By name, or with everything else that a module has.
  const giving = new Set([...program.indexes.filesGiving(name), ...program.indexes.filesGiving("*")]);
  return [...giving].flatMap((place) => {
    const file = program.files[place];
    if (file?.onlyImports !== true || excluded(file.path) || file.path === owner.place?.path) return [];
    const target = program.exported(file.path, name);
    if (target.kind !== "scope" || target.path !== owner.place?.path || target.scope !== owner.place.scope) return [];
    const line = file.exports[0]?.line ?? file.imports[0]?.line ?? 1;
    return [
      { place: { path: file.path, scope: 0 }, evidence: { path: file.path, line, text: `it only hands ${name} on` } },
    ];
  });
}

function memberOf(
  { id, adapters }: Responsibility,
  { program, uses, roleOf, today }: ReportParts,
  place: Place,
  { status, evidence }: Classified,
): Member {
  const scope = program.scope(place);
  const file = program.file(place.path);
  const symbol = program.symbolOf(place);
  const used = uses.ofDefinition(place).filter(({ use }) => use.kind !== "type");
  const callers = (role: FileRole) =>
    new Set(used.filter((use) => use.role === role).map((use) => uses.callerOf(use))).size;
  const permitted = adapters.find((adapter) => adapter.symbol === symbol && adapter.until >= today);
  const ignored = ignoreAt(file, evidence[0]?.path === place.path ? evidence[0].line : scope.line, scope.line);
  return {
    symbol,
    path: place.path,
    line: scope.line,
    language: file?.language ?? "typescript",
    role: roleOf(place.path),
    status,
    evidence,
    sites: callers("production"),
    testSites: callers("test"),
    identity: identityOf(id, status, symbol),
    fingerprint: scope.fingerprint,
    ...(permitted && { exception: exceptionOf(permitted) }),
    ...(ignored !== undefined && { ignored }),
  };
}

/** The reason of an inline ignore in a line or in one of its own above it. Without a reason it says nothing. */
function ignoreAt(file: FileFacts | undefined, ...lines: readonly number[]): string | undefined {
  return file?.ignores.find(({ line, text }) => {
    if (text === "") return false;
    // Behind code it is about that line.
    const isBehind = [...file.uses, ...file.bindings, ...file.scopes.slice(1)].some((one) => one.line === line);
    return lines.some((at) => at === line || (!isBehind && at === line + 1));
  })?.text;
}

/** A name that is bound without a definition: the module has it, and it has no body. */
function boundMember(id: string, member: Member, { name, line }: { name: string; line: number }): Member {
  const symbol = `${member.path}#${name}`;
  return { ...member, symbol, line, identity: identityOf(id, member.status, symbol), fingerprint: "" };
}

function exceptionOf({ reason, owner, until }: PermittedAdapter) {
  return { reason, owner, until };
}

function identityOf(id: string, kind: string, symbol: SymbolId, caller = ""): string {
  return [id, kind, symbol, caller].join(" | ");
}

/**
 * What else the configuration names and the code does not have. Of symbols that name no file of code nothing can be said: they are
 * of another package.
 */
function misspelled(program: Program, { canonical, factories, primitives }: Responsibility): readonly SymbolId[] {
  const places = primitives.flatMap(({ call, allowed }) => [call, ...allowed]);
  const isOwn = (symbol: SymbolId) => /\.([cm]?[jt]sx?|pyi?)#/.test(symbol);
  return [...new Set([...canonical, ...factories, ...places.filter(isOwn)])].filter(
    (symbol) => program.find(symbol).kind === "unresolved",
  );
}

function violationsOf(
  program: Program,
  responsibility: Responsibility,
  owner: Owner,
  members: readonly Member[],
  around: readonly Member[],
  today: string,
): readonly Violation[] {
  const { id, adapters } = responsibility;
  const violations: Violation[] = [];
  const say = (kind: Violation["kind"], symbol: SymbolId, path: string, line: number, message: string) =>
    violations.push({ identity: identityOf(id, kind, symbol), kind, path, line, message });
  if (owner.place === undefined)
    say("missing_owner", owner.symbol, owner.symbol.split("#")[0] ?? "", 0, `there is no ${owner.symbol}`);
  for (const symbol of misspelled(program, responsibility))
    say("missing_owner", symbol, symbol.split("#")[0] ?? "", 0, `there is no ${symbol}`);
  for (const adapter of adapters) {
    const member = members.find(({ symbol }) => symbol === adapter.symbol);
    if (adapter.until < today) {
      say(
        "expired_exception",
        adapter.symbol,
        member?.path ?? "",
        member?.line ?? 0,
        `its last day was ${adapter.until}; ask ${adapter.owner}`,
      );
    }
    if (member?.status === "adapter" || member?.status === "shim" || member?.status === "extension") continue;
    const why = member === undefined ? "there is no such definition" : (member.evidence[0]?.text ?? "");
    say(
      "unproven_adapter",
      adapter.symbol,
      member?.path ?? "",
      member?.line ?? 0,
      `declared an adapter and not proven: ${why}`,
    );
  }
  for (const { status, symbol, path, line, role, evidence, identity, ignored } of [
    ...members.filter((member) => wrong.includes(member.status)),
    ...around,
  ]) {
    if (role !== "production" || ignored !== undefined) continue;
    if (adapters.some((adapter) => adapter.symbol === symbol)) continue;
    const [first] = evidence;
    const at = first?.path === path ? first.line : line;
    violations.push({ identity, kind: status, path, line: at, message: first?.text ?? status });
  }
  return violations;
}
