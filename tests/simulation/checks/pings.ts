/** Invariant 11: a connection that lives is answered, whatever the server is doing. */
import type { ConnectionStory, Evidence, Place, Span } from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";

/** From the server's side of the network and back to the client, on a node that is up. */
const answerMsMax = 1_000;

export function* checkPings(evidence: Evidence): Generator<Finding> {
  for (const connection of evidence.connections.values()) {
    const welcome = connection.received.find(({ frame }) => frame?.kind === "welcome");
    if (welcome === undefined) continue;
    const pings = connection.sent.filter(({ kind, index }) => kind === "ping" && index > welcome.index);
    const pongs = connection.received.filter(({ frame }) => frame?.kind === "pong");
    if (pongs.length > connection.sent.filter(({ kind }) => kind === "ping").length) {
      yield finding(
        11,
        "one-pong-per-ping",
        `${connection.name} got more pongs than it sent pings`,
        pongs.at(-1)?.index,
      );
    }
    const skipped = connection.sent.filter(({ kind, index }) => kind === "ping" && index < welcome.index).length;
    for (const [index, ping] of pings.entries()) yield* checkPing(evidence, connection, ping, pongs[index + skipped]);
  }
}

function* checkPing(
  { absences, settled }: Evidence,
  { opened, closed, name, stalls }: ConnectionStory,
  ping: Place,
  pong: Place | undefined,
): Generator<Finding> {
  const end = closed ?? (pong === undefined ? settled : undefined);
  // Nobody waits for the answer any more.
  if (pong === undefined && (end === undefined || end.at - ping.at <= answerMsMax)) return;
  const at = pong?.at ?? end?.at ?? ping.at;
  if (at - ping.at <= answerMsMax) return;
  const window = { from: ping.at, through: at };
  const isHeld = [...(absences.get(opened.node) ?? []), ...stalls].some((span) => overlaps(span, window));
  if (isHeld) return;
  const message = pong === undefined ? "was never answered" : `was answered after ${at - ping.at} ms`;
  yield finding(11, "pings-are-answered", `a ping of ${name} ${message}`, ping.index, pong?.index ?? end?.index);
}

function overlaps(left: Span, right: Span): boolean {
  return left.from <= right.through && left.through + answerMsMax >= right.from;
}
