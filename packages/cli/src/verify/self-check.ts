/**
 * Faults that are planted into the judges' own input before anything is measured: judges that see nothing prove nothing.
 * The frames are those that a deployment would send.
 */
import { DeviceWatch } from "./device-watch.ts";
import { newCanary } from "./marks.ts";
import { type FindingKind, Observer } from "./observer.ts";
import type { SeenEvent } from "./wire.ts";

type Events = readonly SeenEvent[];

interface Planted {
  readonly name: string;
  readonly kind: FindingKind;
  /** What the device is shown instead of its own events. */
  readonly plant: (own: Events, others: Events) => Events;
}

const planted: readonly Planted[] = [
  { name: "an event of another user", kind: "leak", plant: (own, others) => others.slice(2, 3).concat(own) },
  {
    name: "another user's text in an event of one's own",
    kind: "leak",
    plant: (own, others) =>
      own.map((event, index) => (index === 3 ? { ...event, data: others[3]?.data ?? {} } : event)),
  },
  { name: "an event that is dropped", kind: "loss", plant: (own) => own.toSpliced(3, 1) },
  { name: "an event that comes twice", kind: "duplicate", plant: (own) => own.toSpliced(3, 0, ...own.slice(2, 3)) },
  { name: "two events that change places", kind: "disorder", plant: (own) => swapped(own, 3) },
  {
    name: "a run that ends twice",
    kind: "illegal",
    plant: (own) => [...own, { ...last(own), sequence: own.length + 1 }],
  },
  {
    name: "an event that another device is shown differently",
    kind: "difference",
    plant: (own) => own.map((event, index) => (index === 3 ? { ...event, data: { step: 1, text: "other" } } : event)),
  },
];

/** What the judges did not see, in words; empty when they see everything and complain of nothing else. */
export function selfCheck(): readonly string[] {
  const complaints = kindsFound((own) => own);
  const unseen = planted.filter(({ kind, plant }) => !kindsFound(plant).has(kind)).map(({ name }) => name);
  return complaints.size === 0 ? unseen : [...unseen, `nothing wrong: it found ${[...complaints].join(", ")}`];
}

/** Shows two devices of one user a run, the second with what was planted in it, and another user's run beside it. */
function kindsFound(plant: Planted["plant"]): ReadonlySet<FindingKind> {
  const observer = new Observer();
  const [ada, bob] = ["ada", "bob"].map((user) => {
    const canary = newCanary();
    observer.marks.claim(canary, user);
    const timeline = new Map<number, string>();
    const watch = (device: string) => new DeviceWatch(observer, user, device, timeline);
    return { events: runEvents(canary), first: watch("first device"), second: watch("second device") };
  }) as [Subject, Subject];
  for (const { first, events } of [bob, ada]) show(first, events);
  show(ada.second, plant(ada.events, bob.events));
  return new Set(observer.findings().map(({ kind }) => kind));
}

interface Subject {
  readonly events: Events;
  readonly first: DeviceWatch;
  readonly second: DeviceWatch;
}

function show(watch: DeviceWatch, events: Events): void {
  const welcome = { kind: "welcome", userId: "anybody", head: "self-0", limits: {} };
  watch.take(JSON.stringify(welcome));
  for (const event of events) {
    watch.take(JSON.stringify({ kind: "events", events: [event], cursor: `self-${event.sequence}` }));
  }
  watch.settle();
}

function runEvents(canary: string): Events {
  // As long as the ids of a server, and nobody else's.
  const id = (prefix: string) => `${prefix}_${newCanary().slice(6)}`;
  const [threadId, runId, messageId, callId] = ["thr", "run", "msg", "call"].map(id);
  const run: readonly (readonly [string, object])[] = [
    ["message_accepted", { messageId, commandId: canary, text: `hello ${canary}` }],
    ["agent_started", { agent: "self-check", messageId }],
    ["agent_thinking", { step: 1, text: canary }],
    ["agent_delta", { step: 1, offset: 0, text: canary }],
    ["tool_executing", { callId, tool: "tool", input: canary }],
    ["tool_completed", { callId, tool: "tool", outcome: "completed", output: canary, durationMs: 1 }],
    ["agent_completed", { outcome: "completed", message: { messageId: id("msg"), text: canary } }],
  ];
  const at = new Date(0).toISOString();
  const events = run.map(([type, data], index) => ({ sequence: index + 1, type, threadId, runId, at, data }));
  return events as unknown as Events;
}

function swapped(events: Events, index: number): Events {
  return [...events.slice(0, index), ...events.slice(index, index + 2).reverse(), ...events.slice(index + 2)];
}

function last(events: Events): SeenEvent {
  return events[events.length - 1] as SeenEvent;
}
