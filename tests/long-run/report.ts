import { type Judgement, judgeFlatness } from "./flatness.ts";
import type { LongRunOptions, LongRunResult } from "./long-run.ts";

/** The report in Markdown. `ended`: undefined when the run was cut short, and only its samples are there. */
export function report(
  options: Pick<LongRunOptions, "people" | "paceMs" | "retentionMs" | "sampleEveryMs" | "seed">,
  about: { readonly command: string; readonly commit: string; readonly date: string },
  samples: LongRunResult["samples"],
  ended: LongRunResult | undefined,
): string {
  const judgements = judgeFlatness(samples);
  const seconds = samples.at(-1)?.at ?? 0;
  const cpu = (samples.at(-1)?.cpuSeconds ?? 0) - (samples[0]?.cpuSeconds ?? 0);
  const rows = judgements.map(row);
  return [
    "# Long run",
    "",
    `One server process under mixed load for ${(seconds / 60).toFixed(0)} minutes, on ${about.date}, at commit ${about.commit}:`,
    `\`${about.command}\`.`,
    "",
    `${options.people} people, each doing something every ${options.paceMs / 1_000} s in the mean: messages with streamed text and tools,`,
    "stops, approvals from another device, threads made, renamed and deleted, devices over WebSocket and SSE that come, go and",
    "resume, devices that read slowly, snapshots, tickets, sessions that begin and end. `durability: full`, compaction after 2 s,",
    `retention of ${options.retentionMs / 60_000} minutes. A sample every ${options.sampleEveryMs / 1_000} s; ${samples.length} of them. The server used`,
    `${((cpu / seconds) * 100).toFixed(0)} % of one core.`,
    "",
    "## Flat or not",
    "",
    "The second half is judged: the rise on the line of Theil and Sen against a bound that was fixed before",
    "(`tests/long-run/flatness.ts`). Beginning and end are medians of a tenth of that half.",
    "",
    "| series | course of the whole run | beginning | median | end | rise | may rise | verdict |",
    "|---|---|---|---|---|---|---|---|",
    ...rows.map((cells, index) => {
      const series = judgements[index]?.bound.series ?? "residentBytes";
      return `| ${[cells[0], `\`${sparkline(samples.map((sample) => sample[series]))}\``, ...cells.slice(1)].join(" | ")} |`;
    }),
    "",
    "## What was promised",
    "",
    ended === undefined
      ? "The run was cut short: whether every device had everything at the end was not looked at."
      : promises(ended),
    "",
  ].join("\n");
}

function promises({ events, counts, effects, doubleEffects, serverOutput }: LongRunResult): string {
  const counted = Object.entries(counts).map(([name, count]) => `${count.toLocaleString("en")} ${names[name] ?? name}`);
  return [
    `Every device ended at the head of its feed; ${events.toLocaleString("en")} events were seen and compared, none lost, repeated or out`,
    "of order, and the same bytes on every device. Every run ended as it should have.",
    "",
    `${counted.join(", ")}.`,
    "",
    `Tools left ${effects.toLocaleString("en")} effects, ${doubleEffects} of the at-most-once ones twice. The server printed ${serverOutput === "" ? "nothing" : `\`${serverOutput.slice(0, 500)}\``}.`,
  ].join("\n");
}

const names: Readonly<Record<string, string>> = {
  runs: "runs",
  stops: "stops",
  approvals: "approvals",
  visits: "visits of second devices",
  resets: "resets after long absences",
  slow: "slow readers",
  sessions: "changes of session",
  threads: "threads made, renamed and deleted",
  requests: "rounds of snapshots and tickets",
};

function row({ bound, first, median, last, rise, riseMax, isFlat }: Judgement): string[] {
  const show = (value: number) => (Number.isNaN(value) ? "–" : formats[bound.unit](value));
  return [
    bound.name,
    show(first),
    show(median),
    show(last),
    show(rise),
    show(riseMax),
    isFlat ? "flat" : "**not flat**",
  ];
}

const formats = {
  bytes: (value: number) => `${(value / 1_048_576).toFixed(1)} MiB`,
  count: (value: number) => value.toFixed(1),
  ms: (value: number) => `${value.toFixed(1)} ms`,
};

const columns = 40;
const blocks = "▁▂▃▄▅▆▇█";

/** From 0 to the largest value. */
function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
  const most = Math.max(...known, 1e-9);
  return Array.from({ length: Math.min(columns, known.length) }, (_, column) => {
    const begin = Math.floor((column * known.length) / columns);
    const end = Math.max(begin + 1, Math.floor(((column + 1) * known.length) / columns));
    const part = known.slice(begin, end);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return blocks[Math.min(blocks.length - 1, Math.floor((mean / most) * blocks.length))];
  }).join("");
}
