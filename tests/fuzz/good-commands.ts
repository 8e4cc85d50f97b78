/** What a command has to look like, said once more and independently of the server: an oracle for its acknowledgements. */
import type { Random } from "../simulation/random.ts";

export const commandTypes = [
  "message.send",
  "run.stop",
  "approval.answer",
  "thread.create",
  "thread.rename",
  "thread.delete",
  "quality.validate",
  "quality.metrics",
  "quality.report",
  "quality.subscribe",
  "quality.unsubscribe",
  "quality.acknowledge",
  "quality.resolve",
] as const;

/** Fields of a command that could be accepted, as JSON texts. */
export function goodFields(
  type: (typeof commandTypes)[number],
  threadId: string,
  random: Random,
): Record<string, string> {
  const thread = JSON.stringify(threadId);
  switch (type) {
    case "message.send":
      return random.chance(0.5) ? { text: '"hello"' } : { threadId: thread, text: '"hello"', onBusy: '"queue"' };
    case "run.stop":
      return { runId: '"run_aaaaaaaaaaaaaaaaaaaaaa"' };
    case "approval.answer":
      return { callId: '"call_aaaaaaaaaaaaaaaaaaaa"', digest: '"x"', decision: '"approve"' };
    case "thread.create":
      return random.chance(0.5) ? {} : { title: '"a title"' };
    case "thread.rename":
      return { threadId: thread, title: '"another title"' };
    case "thread.delete":
      return { threadId: '"thr_aaaaaaaaaaaaaaaaaaaaaa"' };
    case "quality.validate":
      return { text: '"It depends."', contentType: '"report"', question: '"When?"', strict: "true" };
    case "quality.metrics":
      return { scope: '"user"', agent: '"scripted"', windowHours: "24" };
    case "quality.report":
      return { scope: '"user"', period: '"day"' };
    case "quality.subscribe":
    case "quality.unsubscribe":
      return random.chance(0.5) ? {} : { scope: '"user"' };
    case "quality.acknowledge":
    case "quality.resolve":
      return { alertId: '"alr_aaaaaaaaaaaaaaaaaaaaaa"' };
  }
}

const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length <= max && value.isWellFormed();
const optional = (value: unknown, check: (value: unknown) => boolean) => value === undefined || check(value);
const isId = (prefix: string) => (value: unknown) =>
  isText(value, 64) && new RegExp(`^${prefix}_[A-Za-z0-9]{8,48}$`).test(value as string);

const isScope = (value: unknown) => optional(value, (given) => given === "user" || given === "tenant");
const contentTypes = "optimization data_analysis action_plan report triage error_message general".split(" ");

const shapes: Readonly<Record<(typeof commandTypes)[number], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  "message.send": {
    threadId: (value) => optional(value, isId("thr")),
    text: (value) => isText(value, 65_536) && value.trim() !== "",
    onBusy: (value) => optional(value, (given) => given === "queue" || given === "interrupt" || given === "reject"),
  },
  "run.stop": { runId: isId("run") },
  "approval.answer": {
    callId: isId("call"),
    digest: (value) => isText(value, 128),
    decision: (value) => value === "approve" || value === "deny",
  },
  "thread.create": { title: (value) => optional(value, (given) => isText(given, 200)) },
  "thread.rename": { threadId: isId("thr"), title: (value) => isText(value, 200) },
  "thread.delete": { threadId: isId("thr") },
  "quality.validate": {
    text: (value) => isText(value, 65_536),
    contentType: (value) => optional(value, (given) => typeof given === "string" && contentTypes.includes(given)),
    question: (value) => optional(value, (given) => isText(given, 65_536)),
    strict: (value) => optional(value, (given) => typeof given === "boolean"),
  },
  "quality.metrics": {
    scope: isScope,
    agent: (value) => optional(value, (given) => isText(given, 64)),
    windowHours: (value) =>
      optional(value, (given) => Number.isInteger(given) && Number(given) >= 1 && Number(given) <= 744),
  },
  "quality.report": { scope: isScope, period: (value) => value === "day" || value === "week" },
  "quality.subscribe": { scope: isScope },
  "quality.unsubscribe": { scope: isScope },
  "quality.acknowledge": { alertId: isId("alr") },
  "quality.resolve": { alertId: isId("alr") },
};

/** May this command be acknowledged at all? */
export function isAcceptable(type: unknown, data: unknown): boolean {
  if (typeof type !== "string" || !Object.hasOwn(shapes, type)) return false;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return false;
  const shape = shapes[type as (typeof commandTypes)[number]];
  const given = data as Record<string, unknown>;
  return (
    Object.keys(given).every((name) => Object.hasOwn(shape, name)) &&
    Object.entries(shape).every(([name, fits]) => fits(given[name]))
  );
}
