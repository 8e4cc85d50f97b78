/** Invariant 7: nobody is shown anything of another user, and nothing is done in another's name. */
import type { Evidence, ReceivedFrame, UserStory } from "./evidence.ts";
import { type Finding, finding } from "./violation.ts";

const idPattern = /(?:thr|run|msg|call)_[A-Za-z0-9]{8,40}/g;

export function* checkIsolation(evidence: Evidence): Generator<Finding> {
  const owners = ownersOf(evidence);
  const names = [...evidence.users.keys()];
  const foreign = new Map(names.map((user) => [user, canaryPattern(names.filter((name) => name !== user))]));
  for (const story of evidence.users.values()) {
    const canaries = foreign.get(story.user);
    for (const { name, received, sent } of story.connections) {
      for (const frame of received) {
        if (frame.frame?.kind === "welcome" && frame.frame.userId !== story.user) {
          yield finding(
            7,
            "whose-connection",
            `${name} of ${story.user} was welcomed as ${frame.frame.userId}`,
            frame.index,
          );
        }
        const canary = canaries?.exec(frame.text)?.[0];
        if (canary !== undefined)
          yield finding(7, "no-foreign-text", `${name} of ${story.user} was shown ${canary}`, frame.index);
        const id = foreignId(
          frame,
          story,
          owners,
          sent.map(({ text }) => text),
        );
        if (id !== undefined)
          yield finding(
            7,
            "no-foreign-id",
            `${name} of ${story.user} was shown ${id} of ${owners.get(id)}`,
            frame.index,
          );
      }
    }
  }
  for (const { user, runId, index } of [...evidence.toolsBegan, ...evidence.modelsBegan]) {
    const owner = owners.get(runId);
    if (owner !== undefined && owner !== user) {
      yield finding(7, "whose-run", `${runId} of ${owner} was executed as ${user}'s`, index);
    }
  }
}

/** Whose each id is: the user's whose feed had it first. */
function ownersOf({ users }: Evidence): Map<string, string> {
  const first = new Map<string, { readonly user: string; readonly index: number }>();
  for (const { user, feed, seen } of users.values()) {
    for (const { event, index } of [...seen, ...feed.ordered]) {
      for (const id of [event.threadId, event.runId, event.data.messageId, event.data.callId]) {
        if (id === undefined || event.type === "compacted") continue;
        const known = first.get(id);
        if (known === undefined || index < known.index) first.set(id, { user, index });
      }
    }
  }
  return new Map([...first].map(([id, { user }]) => [id, user]));
}

function canaryPattern(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined;
  const escaped = names.map((name) => name.replace(/[^A-Za-z0-9]/g, "\\$&"));
  return new RegExp(`(?<![A-Za-z0-9])(?:${escaped.join("|")})(?![A-Za-z0-9])`);
}

/** A refusal may repeat what it was asked for. */
function foreignId(
  { text, frame }: ReceivedFrame,
  { user }: UserStory,
  owners: ReadonlyMap<string, string>,
  sent: readonly string[],
): string | undefined {
  for (const id of text.match(idPattern) ?? []) {
    const owner = owners.get(id);
    if (owner === undefined || owner === user) continue;
    if (frame?.kind === "reply" && frame.ok === false && sent.some((asked) => asked.includes(id))) continue;
    return id;
  }
  return undefined;
}
