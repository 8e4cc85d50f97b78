/**
 * Whole code bases with the mistakes that people make, each with labels that say what a reviewer would call every member.
 * The labels were written from the definitions; the audit has to say the same: no more, no fewer.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditReport, Compliance, Member, ResponsibilityReport } from "@throughline/audit";
import { describe, expect, test } from "vitest";

type MemberStatus = Member["status"];

interface Labels {
  /** Status → symbol → why. */
  readonly members: Readonly<Partial<Record<MemberStatus, Readonly<Record<string, string>>>>>;
  /** Symbol → what stands on the line that proves its status. */
  readonly proofs: Readonly<Record<string, string>>;
  /** Symbol → why it is neither a member nor a violation, though it looks like one. */
  readonly lookalikes: Readonly<Record<string, string>>;
  /**
   * Known mistakes of the audit: `status symbol` of a label → what the audit says instead. One that is mended fails here, so
   * that it is taken out. The counts of compliance are those with the gaps.
   */
  readonly gaps?: Readonly<Record<string, { readonly instead: string | null; readonly why: string }>>;
  readonly compliance: Readonly<Pick<Compliance, "ok" | "bypass" | "unknown">> & {
    /** A fraction in words that can be checked by hand, such as `3/4`. */
    readonly lower: string | null;
    readonly upper: string | null;
    readonly notMeasured?: Compliance["notMeasured"];
  };
}

const program = join(import.meta.dirname, "../../packages/audit/dist/main.js");
const folder = join(import.meta.dirname, "fixtures");
const names = readdirSync(folder).sort();

const statuses: readonly MemberStatus[] = [
  ...(["canonical", "shim", "adapter", "leaky_adapter", "extension", "rival", "masquerade", "hollow"] as const),
  ...(["dead_rival", "bypass", "unknown"] as const),
];

const labelsOf = (name: string): Readonly<Record<string, Labels>> =>
  JSON.parse(readFileSync(join(folder, name, "labels.json"), "utf8"));

/** What the audit is expected to say: the labels, with what is known to be missing. */
const expectedOf = (labels: Labels): readonly string[] =>
  labelled(labels)
    .flatMap((label) => {
      const gap = labels.gaps?.[label];
      return gap === undefined ? label : (gap.instead ?? []);
    })
    .sort();

const labelled = ({ members }: Labels): readonly string[] =>
  Object.entries(members)
    .flatMap(([status, symbols]) => Object.keys(symbols).map((symbol) => `${status} ${symbol}`))
    .sort();

function reportOf(name: string): AuditReport {
  const { stdout, stderr } = spawnSync(process.execPath, [program, "check", "--json", "--root", join(folder, name)], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`unable to audit ${name}; it printed ${stdout}${stderr}`);
  }
}

describe.each(names)("%s", (name) => {
  const labels = labelsOf(name);
  const report = reportOf(name);
  const textOf = (path: string) => readFileSync(join(folder, name, path), "utf8");
  const responsibility = (id: string): ResponsibilityReport => {
    const found = report.responsibilities.find((each) => each.id === id);
    if (found === undefined) throw new Error(`there is no responsibility ${id} in the report of ${name}`);
    return found;
  };

  test("everything is read, and every responsibility has labels", () => {
    expect([report.files.unparsed, report.files.skipped, report.ignores]).toEqual([[], [], 0]);
    expect(Object.keys(labels)).toEqual(report.responsibilities.map(({ id }) => id));
  });

  describe.each(Object.entries(labels))("%s", (id, expected) => {
    test("each member is what a reviewer calls it, and there are no others", () => {
      const { members, sites } = responsibility(id);
      // Whoever calls what cannot be told is unknown, whether the report has a member for it or only the site.
      const callers = sites.filter(({ verdict }) => verdict === "unknown").map(({ caller }) => `unknown ${caller}`);
      const found = new Set([...members.map(({ status, symbol }) => `${status} ${symbol}`), ...callers]);
      for (const label of Object.keys(expected.gaps ?? {})) expect(labelled(expected)).toContain(label);
      expect([...found].sort()).toEqual(expectedOf(expected));
    });

    test("its callers are counted as by hand", () => {
      const { ok, bypass, unknown, lower, upper, notMeasured } = responsibility(id).compliance;
      const fraction = (text: string | null) => {
        if (text === null) return null;
        const [part = 0, whole = 0] = text.split("/").map(Number);
        return part / whole;
      };
      expect({ ok, bypass, unknown, lower, upper, notMeasured }).toEqual({
        ...expected.compliance,
        notMeasured: expected.compliance.notMeasured,
        lower: fraction(expected.compliance.lower),
        upper: fraction(expected.compliance.upper),
      });
    });

    test("the line of the evidence proves it", () => {
      const { members } = responsibility(id);
      for (const [symbol, text] of Object.entries(expected.proofs)) {
        const lines = members
          .filter((member) => member.symbol === symbol)
          .map(({ evidence: [first] }) => textOf(first?.path ?? "").split("\n")[(first?.line ?? 0) - 1] ?? "");
        expect([symbol, lines.filter((line) => line.includes(text))]).not.toEqual([symbol, []]);
      }
      for (const { symbol, evidence } of members) expect([symbol, evidence.length]).not.toEqual([symbol, 0]);
    });

    test("what only looks like a member is there, and is neither a member nor a violation", () => {
      const { members, violations } = responsibility(id);
      for (const symbol of Object.keys(expected.lookalikes)) {
        const [path = "", local = ""] = symbol.split("#");
        expect(textOf(path)).toMatch(new RegExp(`\\b${local}\\b`));
        expect(members.map((member) => member.symbol)).not.toContain(symbol);
        expect(violations.filter(({ identity }) => identity.includes(symbol))).toEqual([]);
      }
    });

    test("what is wrong with production is a violation, and what is proven is none", () => {
      const { members, violations } = responsibility(id);
      const wrong: readonly string[] = ["rival", "leaky_adapter", "masquerade", "hollow", "bypass"];
      const places = (all: readonly { readonly path: string; readonly kind: string }[]) =>
        [...new Set(all.filter(({ kind }) => wrong.includes(kind)).map(({ kind, path }) => `${kind} ${path}`))].sort();
      const inProduction = members.filter(({ role }) => role === "production");
      expect(places(violations)).toEqual(places(inProduction.map(({ status, path }) => ({ kind: status, path }))));
      const proven: readonly string[] = ["canonical", "shim", "adapter", "extension"];
      expect(violations.filter(({ kind }) => proven.includes(kind))).toEqual([]);
    });
  });
});

test("every status is there, in TypeScript and in Python, and there are enough of them", () => {
  const all = names.map((name) => ({ name, labels: Object.values(labelsOf(name)) }));
  for (const language of ["typescript", "python"]) {
    const own = all.filter(({ name }) => name.endsWith(language)).flatMap(({ labels }) => labels);
    const counts = statuses.map((status): [string, number] => [
      status,
      own.reduce((sum, { members }) => sum + Object.keys(members[status] ?? {}).length, 0),
    ]);
    expect([language, counts.filter(([, count]) => count === 0)]).toEqual([language, []]);
  }
  const total = all.flatMap(({ labels }) => labels.flatMap(labelled)).length;
  expect(total).toBeGreaterThanOrEqual(60);
  for (const { name } of all) expect([name, existsSync(join(folder, name, "audit.config.json"))]).toEqual([name, true]);
});
