import type { Member, MemberStatus, ResponsibilityReport, UseSite } from "../report/audit-report.ts";
import { scoreText } from "../report/score-text.ts";

const sitesInBatch = 20;

interface Phase {
  readonly title: string;
  readonly steps: readonly string[];
  readonly exit: string;
}

/** A way to one owner, in phases that each end in something that `check` can see. Markdown. */
export function planText(report: ResponsibilityReport): string {
  const { id, why, owner, compliance, members, impact } = report;
  const phases = phasesOf(report).filter(({ steps }) => steps.length > 0);
  const head = [
    `# Plan: ${id}`,
    "",
    `${why} Owner: \`${owner}\`. Now ${scoreText(compliance)}; ${impact.files} files, ${impact.testFiles} test files with ${impact.testSites} uses.`,
    "",
  ];
  if (phases.length === 0) return [...head, "There is nothing to do.", ""].join("\n");
  const files = new Set(members.map(({ path }) => path)).size;
  return [
    ...head,
    ...phases.flatMap(({ title, steps, exit }, index) => [
      `## ${index + 1}. ${title}`,
      "",
      ...steps.map((step) => `- ${step}`),
      "",
      `Done when: ${exit}`,
      "",
    ]),
    `${files} files hold members.`,
    "",
  ].join("\n");
}

function phasesOf({ id, owner, members, sites }: ResponsibilityReport): readonly Phase[] {
  const of = (...statuses: readonly MemberStatus[]) =>
    members.filter(({ status, role }) => statuses.includes(status) && role === "production");
  const around = sites.filter(({ verdict }) => verdict === "bypass");
  const unknown = sites.filter(({ verdict }) => verdict === "unknown");
  return [
    {
      title: "Make the owner real",
      steps: of("hollow").map((member) => `give ${named(member)} the behaviour that others have now`),
      exit: `\`check\` no longer calls \`${owner}\` hollow`,
    },
    {
      title: "Delete what production does not reach",
      steps: of("dead_rival").map((member) =>
        member.sites === 0
          ? `delete ${named(member)}${testsOf(member)}; nothing of production uses it`
          : `${named(member)} is used where no entry point leads (${member.sites} callers): name what begins there in \`entries\`, or delete it${testsOf(member)}`,
      ),
      exit: "there is no dead rival",
    },
    {
      title: "Turn live rivals into adapters",
      steps: of("rival", "masquerade").map(
        (member) =>
          `let every public method of ${named(member)} call \`${owner}\`, and keep nothing else in it; ${member.sites} callers stay as they are`,
      ),
      exit: "each of them is an adapter that `check` proves",
    },
    { title: "Move call sites", steps: batches(around), exit: "nothing goes around the owner" },
    {
      title: "Say what cannot be told",
      steps: unknown.map((site) => `${place(site)}: give the receiver a type, or call it by name`),
      exit: "nothing is unknown",
    },
    {
      title: "Remove other paths from adapters",
      steps: of("leaky_adapter").map(
        (member) =>
          `${named(member)}: ${member.evidence[0]?.text ?? ""} (\`${member.evidence[0]?.path}:${member.evidence[0]?.line}\`)`,
      ),
      exit: "there is no leaky adapter",
    },
    {
      title: "Move tests",
      steps: members
        .filter(({ testSites, status }) => testSites > 0 && (status === "rival" || status === "dead_rival"))
        .map((member) => `${member.testSites} uses of ${named(member)} in tests: test \`${owner}\` instead`),
      exit: "tests use the owner only",
    },
    {
      title: "Empty the baseline",
      steps: members.some(({ status }) => status !== "canonical" && status !== "shim" && status !== "extension")
        ? [`run \`audit baseline update\` after each phase, until ${id} has no entry`]
        : [],
      exit: "`audit gate` is fine without an entry",
    },
  ];
}

/** At most 20 sites at a time, so that each can be looked through and rolled back. */
function batches(sites: readonly UseSite[]): string[] {
  const lines: string[] = [];
  for (let from = 0; from < sites.length; from += sitesInBatch) {
    const batch = sites.slice(from, from + sitesInBatch);
    const files = new Set(batch.map(({ path }) => path)).size;
    lines.push(
      `batch ${from / sitesInBatch + 1}, ${batch.length} sites in ${files} files: ${batch.map(place).join(", ")}`,
    );
  }
  return lines;
}

function named({ symbol, path, line }: Member): string {
  return `\`${symbol}\` (\`${path}:${line}\`)`;
}

function place({ path, line }: UseSite): string {
  return `\`${path}:${line}\``;
}

function testsOf({ testSites }: Member): string {
  return testSites === 0 ? "" : `, and its ${testSites} uses in tests`;
}
