/**
 * The one way to call a tool. A scope exists only inside a run and is made by the run's owner; it journals what it is
 * about to do before it does it, so that a crash at any point leaves something that says what may have happened.
 */
import { hash } from "node:crypto";
import type {
  ApprovalDecision,
  CallId,
  EventData,
  JsonValue,
  Limits,
  RunId,
  ThreadId,
  UserId,
} from "@throughline/protocol";
import { type Clock, instant } from "../base/clock.ts";
import type { IdSource } from "../base/id-source.ts";
import type { RateLimit } from "../base/rate-limit.ts";
import { type Admission, admitCall, failedBefore, type Refusal } from "./admit-call.ts";
import { executeTool } from "./execute-tool.ts";
import { Semaphore } from "./semaphore.ts";
import { type AnyTool, type ToolResult, toolNameCharactersMax, withoutOutput } from "./tool.ts";
import type { ToolRegistry } from "./tool-registry.ts";

/** The events that tell the story of a call. */
export type ToolEvent = {
  [Type in "tool_executing" | "tool_completed" | "approval_requested"]: {
    readonly type: Type;
    readonly data: EventData[Type];
    /** Names the call across attempts of its run. */
    readonly private?: { readonly call: string };
  };
}["tool_executing" | "tool_completed" | "approval_requested"];

/** Where a scope writes what it does; implemented by the run that owns the scope. */
export interface ToolJournal {
  /** Durable when it resolves. Rejects when the run may not go on (stopped, taken over, storage failed). */
  append(events: readonly ToolEvent[]): Promise<void>;
  /** The person's answer once it is durable. Rejects when the signal aborts. */
  decision(callId: CallId, signal: AbortSignal): Promise<ApprovalDecision>;
  /** Denies the call unless it was answered in the meantime; resolves with what counts. */
  expire(callId: CallId): Promise<ApprovalDecision | "expired">;
}

/** What an earlier attempt of the run has journalled of a call. */
export interface RecordedCall {
  readonly callId: CallId;
  readonly tool: string;
  readonly digest: string;
  readonly approval: { readonly expiresAt: number; readonly decision: ApprovalDecision | undefined } | undefined;
  readonly executing: boolean;
  readonly result: ToolResult | undefined;
}

/** The run that a scope belongs to. */
export interface ToolRun {
  readonly userId: UserId;
  readonly threadId: ThreadId;
  readonly runId: RunId;
  /** Aborts on stop, deadline, loss of the lease and drain. */
  readonly signal: AbortSignal;
  /** Why it aborted: `stop` gives executing tools their grace, `abandon` means that nothing more can be journalled. */
  abortReason(): "stop" | "abandon" | undefined;
  /** Names of the tools that the agent was given; every other call is refused. */
  readonly granted: ReadonlySet<string>;
  readonly journal: ToolJournal;
  /** Calls of earlier attempts by their place in the run (`step.ordinal`). */
  readonly recorded: ReadonlyMap<string, RecordedCall>;
}

export interface ToolScopeOptions {
  readonly registry: ToolRegistry;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits: Limits;
  /** Calls per user and minute, shared by all scopes. */
  readonly rate: RateLimit;
}

export interface ToolCallRequest {
  /** Place of the call in the run, the same in every attempt: `step.ordinal`. */
  readonly place: string;
  readonly tool: string;
  /** The input, or the text that a model wrote where JSON was asked for. */
  readonly input: { readonly value: JsonValue } | { readonly invalid: string };
}

export interface ToolScope {
  /**
   * Runs the pipeline once for this place. Resolves with how the call ended, whatever went wrong with the tool; rejects
   * only when the run itself may not go on.
   */
  call(request: ToolCallRequest): Promise<ToolResult & { readonly callId: CallId }>;
}

/** Opens the scope of one attempt of one run. */
export function openToolScope(run: ToolRun, options: ToolScopeOptions): ToolScope {
  return new RunToolScope(run, options);
}

/** Hash of a tool and its input: what an approval is bound to. */
export function callDigest(tool: string, input: JsonValue): string {
  return hash("sha256", JSON.stringify([tool, input]), "base64url");
}

interface Call {
  readonly callId: CallId;
  readonly place: string;
  readonly tool: string;
  readonly input: JsonValue;
  readonly inputBytes: number;
}

class RunToolScope implements ToolScope {
  readonly #run: ToolRun;
  readonly #options: ToolScopeOptions;
  readonly #slots: Semaphore;
  #calls = 0;

  constructor(run: ToolRun, options: ToolScopeOptions) {
    this.#run = run;
    this.#options = options;
    this.#slots = new Semaphore(options.limits.toolCallsConcurrentMax);
  }

  async call(request: ToolCallRequest): Promise<ToolResult & { readonly callId: CallId }> {
    this.#calls += 1;
    const recorded = this.#run.recorded.get(request.place);
    const callId = recorded?.callId ?? this.#options.ids.callId();
    const result = recorded === undefined ? await this.#begin(request, callId) : await this.#recover(request, recorded);
    return { ...result, callId };
  }

  /** Look up → permission → input → limits; whatever is refused here is journalled as a call that ended. */
  async #begin(request: ToolCallRequest, callId: CallId): Promise<ToolResult> {
    const { limits, rate } = this.#options;
    const call = this.#called(request, callId);
    if (this.#calls > limits.toolCallsPerRunMax) {
      const reason = `the run has reached toolCallsPerRunMax ${limits.toolCallsPerRunMax}`;
      return this.#refuse(call, { outcome: "failed", code: "too_many_calls", reason });
    }
    const admitted = await this.#admit(request, call);
    if ("reason" in admitted) return this.#refuse(call, admitted);
    const { tool, input } = admitted;
    if (rate.take(this.#run.userId) > 0) {
      const reason = `more than toolCallsPerMinuteMax ${limits.toolCallsPerMinuteMax}`;
      return this.#refuse(call, { outcome: "failed", code: "rate_limited", reason });
    }
    let asks: boolean;
    try {
      asks = typeof tool.approval === "function" ? tool.approval(input) : tool.approval === "always";
    } catch {
      // Nobody knows whether a person would have to be asked, so nothing is called.
      return this.#refuse(call, failedBefore);
    }
    if (!asks) return this.#execute(call, tool, input);
    const digest = callDigest(call.tool, call.input);
    const expiresAt = this.#options.clock.now() + limits.approvalTimeoutMs;
    const data = { callId, tool: call.tool, input: call.input, digest, expiresAt: instant(expiresAt) };
    await this.#run.journal.append([{ type: "approval_requested", data, private: { call: call.place } }]);
    return this.#afterApproval(call, tool, input, expiresAt);
  }

  /** As the journal tells it, the same in every attempt: of a name or an input that is too large it keeps less. */
  #called(request: ToolCallRequest, callId: CallId): Call {
    // A copy, so that what is journalled, approved and executed is one and the same, whatever the agent does to its own.
    const text = JSON.stringify("value" in request.input ? request.input.value : request.input.invalid);
    const inputBytes = Buffer.byteLength(text);
    return {
      callId,
      place: request.place,
      tool: request.tool.slice(0, toolNameCharactersMax),
      input: inputBytes <= this.#options.limits.toolInputBytesMax ? (JSON.parse(text) as JsonValue) : null,
      inputBytes,
    };
  }

  #admit(request: ToolCallRequest, { input, inputBytes }: Call): Promise<Admission | Refusal> {
    const { limits, registry } = this.#options;
    return admitCall({
      name: request.tool,
      input: "invalid" in request.input ? undefined : { value: input },
      inputBytes,
      inputBytesMax: limits.toolInputBytesMax,
      granted: this.#run.granted,
      registry,
    });
  }

  /** Goes on from what an earlier attempt left behind. */
  async #recover(request: ToolCallRequest, recorded: RecordedCall): Promise<ToolResult> {
    const call = this.#called(request, recorded.callId);
    if (recorded.tool !== call.tool || recorded.digest !== callDigest(call.tool, call.input)) {
      throw new Error(`unable to replay call ${request.place}; the agent asked for something else than before`);
    }
    if (recorded.result !== undefined) return recorded.result;
    const admitted = await this.#admit(request, call);
    if (recorded.executing) {
      if ("reason" in admitted || admitted.tool.once !== "idempotent") {
        return this.#complete(call, unknownOutcome("the server stopped while it ran and it may not be repeated"), 0);
      }
      return this.#effect(call, admitted.tool, admitted.input);
    }
    if ("reason" in admitted) {
      // A call that waits for approval cannot be refused past the person: it is withdrawn from them first.
      const decision = recorded.approval?.decision ?? (await this.#run.journal.expire(call.callId));
      if (decision === "approve") return this.#refuse(call, admitted);
      return this.#denied(call, decision === "deny" ? "approval_denied" : "approval_expired");
    }
    return this.#afterApproval(call, admitted.tool, admitted.input, recorded.approval?.expiresAt ?? 0);
  }

  async #afterApproval(call: Call, tool: AnyTool, input: unknown, expiresAt: number): Promise<ToolResult> {
    const { clock } = this.#options;
    const expiry = new AbortController();
    const timer = clock.schedule(Math.max(0, expiresAt - clock.now()), () => expiry.abort());
    try {
      const signal = AbortSignal.any([this.#run.signal, expiry.signal]);
      const decision = await this.#run.journal.decision(call.callId, signal).catch(async (error: unknown) => {
        if (!expiry.signal.aborted) throw error;
        return this.#run.journal.expire(call.callId);
      });
      if (decision === "approve") return await this.#execute(call, tool, input);
      return await this.#denied(call, decision === "deny" ? "approval_denied" : "approval_expired");
    } finally {
      timer.cancel();
    }
  }

  #denied(call: Call, code: "approval_denied" | "approval_expired"): Promise<ToolResult> {
    const reason = code === "approval_denied" ? "the person denied it" : "nobody approved it in time";
    return this.#refuse(call, { outcome: "denied", code, reason });
  }

  async #refuse(call: Call, { outcome, code, reason }: Refusal): Promise<ToolResult> {
    const result = withoutOutput(outcome, code, `unable to call ${call.tool}; ${reason}`);
    await this.#run.journal.append([executingEvent(call), completedEvent(call, result, 0)]);
    return result;
  }

  async #execute(call: Call, tool: AnyTool, input: unknown): Promise<ToolResult> {
    return this.#slots.use(this.#run.signal, async () => {
      // Durable before the effect: if it cannot be stored, this throws and the tool does not run.
      await this.#run.journal.append([executingEvent(call)]);
      return this.#perform(call, tool, input);
    });
  }

  #effect(call: Call, tool: AnyTool, input: unknown): Promise<ToolResult> {
    return this.#slots.use(this.#run.signal, () => this.#perform(call, tool, input));
  }

  async #perform(call: Call, tool: AnyTool, input: unknown): Promise<ToolResult> {
    const { clock, limits } = this.#options;
    const began = clock.monotonic();
    const { userId, threadId, runId } = this.#run;
    const result = await executeTool(tool, input, {
      context: { userId, threadId, runId, callId: call.callId, idempotencyKey: call.callId, clock },
      runSignal: this.#run.signal,
      abortReason: () => this.#run.abortReason(),
      durationMsMax: Math.min(tool.durationMsMax ?? limits.toolDurationMsMax, limits.toolDurationMsMax),
      stopGraceMs: limits.stopGraceMs,
      outputBytesMax: limits.toolOutputBytesMax,
    });
    return this.#complete(call, result, Math.round(clock.monotonic() - began));
  }

  async #complete(call: Call, result: ToolResult, durationMs: number): Promise<ToolResult> {
    await this.#run.journal.append([completedEvent(call, result, durationMs)]);
    return result;
  }
}

/** Nobody can know whether the call had its effect. */
function unknownOutcome(reason: string): ToolResult {
  return withoutOutput("unknown", "outcome_unknown", `unable to tell how the call ended; ${reason}`);
}

function executingEvent(call: Call): ToolEvent {
  const { callId, tool, input } = call;
  return { type: "tool_executing", data: { callId, tool, input }, private: { call: call.place } };
}

function completedEvent(call: Call, result: ToolResult, durationMs: number): ToolEvent {
  const { callId, tool } = call;
  return { type: "tool_completed", data: { callId, tool, ...result, durationMs } };
}
