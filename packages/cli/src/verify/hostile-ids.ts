/** What a stranger could try with another user's ids: each has to look like an id that never was. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Deployment } from "./deployment.ts";
import type { Device } from "./device.ts";
import { JourneyFailure } from "./measure-error.ts";
import type { Target, TestUser } from "./test-user.ts";

interface Ids {
  readonly threadId: string;
  readonly runId: string;
  readonly callId: string;
}

interface Attempt {
  readonly name: string;
  /** The code with which it is refused; undefined when it is not refused. */
  readonly make: (ids: Ids) => Promise<string | undefined>;
}

/** Resolves with the number of requests. Rejects with a `JourneyFailure` at the first that is not refused as it must be. */
export async function tryForeignIds(deployment: Deployment, user: TestUser, target: Target): Promise<number> {
  const madeUp = { threadId: madeUpId("thr"), runId: madeUpId("run"), callId: madeUpId("call") };
  const foreign = { ...target, callId: target.callId ?? madeUp.callId };
  for (const id of Object.values(foreign)) if (id !== undefined) deployment.observer.say(user.label, id);
  const attempts = [
    ...user.devices.flatMap((device) => commandAttempts(device, user.canary)),
    ...snapshotAttempts(deployment, user),
  ];
  for (const { name, make } of attempts) {
    const [code, usual] = [await make(foreign), await make(madeUp)];
    if (code === "not_found" && usual === "not_found") continue;
    const answer = code === undefined ? "is accepted" : `is refused with ${code}`;
    throw new JourneyFailure("hostile-ids", `${name} of another user ${answer}; of nobody: ${usual ?? "accepted"}`);
  }
  return attempts.length * 2;
}

function commandAttempts(device: Device, canary: string): readonly Attempt[] {
  const commands: readonly (readonly [string, (ids: Ids) => object])[] = [
    ["message.send to a thread", ({ threadId }) => ({ threadId, text: `from a stranger, ${canary}` })],
    ["run.stop of a run", ({ runId }) => ({ runId })],
    ["approval.answer to a call", ({ callId }) => ({ callId, digest: "0", decision: "approve" })],
    ["thread.rename of a thread", ({ threadId }) => ({ threadId, title: `of a stranger, ${canary}` })],
    ["thread.delete of a thread", ({ threadId }) => ({ threadId })],
  ];
  return commands.map(([name, data]) => ({
    name: `${name} over ${device.transport}`,
    make: async (ids) => {
      const reply = await device.command(name.split(" ")[0] as string, data(ids), randomUUID());
      return reply.ok ? undefined : reply.error.code;
    },
  }));
}

function snapshotAttempts(deployment: Deployment, user: TestUser): readonly Attempt[] {
  const read = async (path: string) => {
    const headers = await user.person.credentials[0].headers();
    const answer = await deployment.ask(path, { headers, user: user.label });
    return answer.status === 200 ? undefined : String(answer.json.code);
  };
  const own = user.target?.threadId;
  const attempts: Attempt[] = [
    { name: "the snapshot of a thread", make: ({ threadId }) => read(`/v1/threads/${threadId}`) },
  ];
  if (own !== undefined) {
    const make = ({ runId }: Ids) => read(`/v1/threads/${own}?before=${runId}`);
    attempts.push({ name: "an own thread before a run", make });
  }
  return attempts;
}

function madeUpId(prefix: string): string {
  return `${prefix}_${randomBytes(10).toString("hex")}`;
}
