import { approvalAnswer } from "./approval-answer.ts";
import { messageSend } from "./message-send.ts";
import type { Route } from "./route.ts";
import { runStop } from "./run-stop.ts";
import { threadCreate, threadDelete, threadRename } from "./thread-routes.ts";

export const builtInRoutes: readonly Route[] = [
  messageSend,
  runStop,
  approvalAnswer,
  threadCreate,
  threadRename,
  threadDelete,
];

/** What every signed-in user may do. Anything a route asks for that is not named here is refused. */
export const userPermissions: ReadonlySet<string> = new Set([
  "messages.write",
  "runs.stop",
  "approvals.answer",
  "threads.write",
]);
