import { CodedError } from "../base/coded-error.ts";
import type { Route } from "./route.ts";

/** The first answer wins; later ones are told who won. An answer must repeat the digest of what it approves. */
export const approvalAnswer: Route<"approval.answer"> = {
  type: "approval.answer",
  owner: "router/approval-answer",
  permission: "approvals.answer",
  decide(state, { callId, digest, decision }, { clock }) {
    const approval = state.approvals.get(callId);
    if (approval === undefined) {
      return {
        refusal: new CodedError("not_found", `unable to approval.answer; no call ${callId} waits for approval`),
      };
    }
    if (approval.digest !== digest) {
      return {
        refusal: new CodedError("conflict", `unable to approval.answer; the digest is not that of call ${callId}`),
      };
    }
    if (approval.decision !== undefined) return { events: [], reply: { callId, decision: approval.decision } };
    const run = state.runs.get(approval.runId);
    if (run?.phase !== "running" || clock.now() >= approval.expiresAt) {
      return { refusal: new CodedError("conflict", `unable to approval.answer; call ${callId} no longer waits`) };
    }
    const { threadId, runId } = approval;
    return {
      events: [{ type: "approval_answered", threadId, runId, data: { callId, decision } }],
      reply: { callId, decision },
    };
  },
};
