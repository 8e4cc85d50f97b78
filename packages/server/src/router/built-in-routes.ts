import type { Quality } from "../quality/quality.ts";
import { approvalAnswer } from "./approval-answer.ts";
import { messageSend } from "./message-send.ts";
import { qualityRoutes } from "./quality-routes.ts";
import type { AnyRoute } from "./route.ts";
import { runStop } from "./run-stop.ts";
import { threadCreate, threadDelete, threadRename } from "./thread-routes.ts";

/** A route for every command of the protocol. */
export function builtInRoutes(quality: Quality): readonly AnyRoute[] {
  return [messageSend, runStop, approvalAnswer, threadCreate, threadRename, threadDelete, ...qualityRoutes(quality)];
}

/** What every signed-in user may do. Anything a route asks for that is not named here is refused. */
export const userPermissions: ReadonlySet<string> = new Set([
  "messages.write",
  "runs.stop",
  "approvals.answer",
  "threads.write",
  "quality.validate",
  "quality.read",
  "quality.alerts",
]);
