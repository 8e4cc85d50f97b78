import { type ApprovalDecision, type CallId, joinStepTexts, type Limits } from "@throughline/protocol";
import type { Logger } from "pino";
import { type Clock, delay } from "../base/clock.ts";
import type { IdSource } from "../base/id-source.ts";
import type { RateLimit } from "../base/rate-limit.ts";
import type { Feeds } from "../log/feeds.ts";
import type { ClaimedRun, Log } from "../log/log.ts";
import type { RunVerdict } from "../quality/quality-store.ts";
import type { ToolRegistry } from "../tools/tool-registry.ts";
import { openToolScope, type ToolEvent, type ToolJournal } from "../tools/tool-scope.ts";
import { type Agent, type ConversationMessage, RunFailure } from "./agent.ts";
import { readConversation } from "./conversation.ts";
import { answerThroughGate } from "./quality-gate.ts";
import { RunAbort, type RunAbortReason } from "./run-abort.ts";
import { RunContext } from "./run-context.ts";
import { firstOpenStep, type RunHistory, readRunHistory } from "./run-history.ts";
import { type RunEnding, type RunEvent, RunWriter } from "./run-writer.ts";

/** What executions of one engine share. */
export interface ExecutionParts {
  readonly log: Log;
  readonly feeds: Feeds;
  readonly agent: Agent;
  readonly registry: ToolRegistry;
  readonly toolRate: RateLimit;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Counts the last verdict about a run; called again when nobody knows whether it was. Throws when it cannot be stored. */
  onJudged(verdict: RunVerdict): void;
}

/** `ended`: `agent_completed` is stored. `abandoned`: the run goes on elsewhere or later. */
export type ExecutionResult =
  | { readonly kind: "ended" }
  | { readonly kind: "abandoned"; readonly reason: RunAbortReason };

/** Why signals abort once a run has ended. One for all: making an error costs more than an append. */
const over = new RunAbort("fenced");

/** One attempt of one claimed run: begins or resumes it, lets the agent answer, and ends it exactly once. */
export class RunExecution {
  readonly run: ClaimedRun;
  readonly #parts: ExecutionParts;
  readonly #abort = new AbortController();
  #aborted: RunAbortReason | undefined;
  #writer: RunWriter | undefined;
  readonly #decisions = new Map<CallId, ApprovalDecision>();
  readonly #deciding = new Map<CallId, (decision: ApprovalDecision) => void>();

  constructor(run: ClaimedRun, parts: ExecutionParts) {
    this.run = run;
    this.#parts = parts;
  }

  /** Ends the attempt; the first reason counts, but an abandonment overrides a stop, which then cannot be stored. */
  abort(reason: RunAbortReason): void {
    const abandons = !new RunAbort(reason).ends;
    if (this.#aborted === undefined || (abandons && this.#ends)) this.#aborted = reason;
    if (abandons) this.#writer?.close(reason);
    if (!this.#abort.signal.aborted) this.#abort.abort(new RunAbort(reason));
  }

  /** Never rejects. */
  async execute(): Promise<ExecutionResult> {
    const { clock, limits, logger } = this.#parts;
    const watching = new AbortController();
    const deadline = clock.schedule(limits.runDurationMsMax, () => this.abort("deadline"));
    try {
      const history = await this.#readHistory();
      void this.#watch(history.head, watching.signal);
      return await this.#attempt(history);
    } catch (error) {
      if (!(error instanceof RunAbort)) {
        logger.error({ err: error, runId: this.run.runId }, "unable to execute the run");
        this.abort("storage");
      }
      return { kind: "abandoned", reason: this.#aborted ?? "storage" };
    } finally {
      deadline.cancel();
      watching.abort(over);
    }
  }

  get #ends(): boolean {
    return this.#aborted === "stopped" || this.#aborted === "deadline";
  }

  async #readHistory(): Promise<RunHistory> {
    const state = await this.#parts.feeds.state(this.run.feed);
    const run = state.runs.get(this.run.runId);
    if (run === undefined) throw new Error(`unable to find run ${this.run.runId} in its feed`);
    return readRunHistory(this.#parts.log, this.run.feed, this.run.runId, run.sequence);
  }

  async #attempt(history: RunHistory): Promise<ExecutionResult> {
    const { feeds, ids, agent } = this.#parts;
    const writer = new RunWriter({
      feeds,
      ids,
      run: this.run,
      calls: history.calls.values(),
      onAbort: (reason, cause) => {
        if (cause !== undefined && this.#aborted === undefined) {
          this.#parts.logger.error({ err: cause, runId: this.run.runId }, "unable to store what a run says");
        }
        this.abort(reason);
      },
    });
    this.#writer = writer;
    if (this.#aborted !== undefined && !this.#ends) writer.close(this.#aborted);
    for (const call of history.calls.values()) {
      const decision = call.approval?.decision;
      if (decision !== undefined) this.#decisions.set(call.callId, decision);
    }
    if (history.stopRequested) this.abort("stopped");

    const begin = this.#beginning(history);
    const refusal = this.#refusal(history);
    if (refusal !== undefined || this.#ends) {
      // What devices were shown stays in the answer: deltas do not outlive their run.
      const text = joinStepTexts([...history.texts].sort(([left], [right]) => left - right).map(([, text]) => text));
      const begun = history.attempts === 0 ? begin : undefined;
      return this.#end(writer, history, refusal ?? new RunAbort(this.#aborted ?? "stopped"), text, undefined, begun);
    }
    const begun = writer.begin(begin, history.head);
    // A first attempt need not wait: whatever it appends comes after its beginning, and fails with it. A later one repeats
    // idempotent calls without appending anything before the effect: an attempt that could not say that it has begun, or was
    // never counted because the process died of the call, must not get that far.
    if (history.attempts > 0) await begun;
    else begun.catch(() => undefined);
    const context = this.#context(history, writer);
    const outcome = await this.#answer(agent, context);
    return this.#end(writer, history, outcome.error, outcome.text, context, undefined);
  }

  #beginning(history: RunHistory): RunEvent {
    if (history.attempts === 0) {
      return {
        type: "agent_started",
        data: { agent: this.#parts.agent.name, messageId: history.message.messageId },
      };
    }
    return { type: "run_resumed", data: { attempt: history.attempts + 1, step: firstOpenStep(history) } };
  }

  /** Why this run is not even tried, or undefined. */
  #refusal(history: RunHistory): RunFailure | undefined {
    const { agent, limits } = this.#parts;
    if (history.attempts >= limits.runAttemptsMax) {
      const reason = `unable to finish the run; it was interrupted ${history.attempts} times`;
      return new RunFailure("attempts_exhausted", `${reason}, which is runAttemptsMax ${limits.runAttemptsMax}`);
    }
    if (history.agent !== undefined && history.agent !== agent.name) {
      return new RunFailure("agent_unknown", `unable to resume the run; this server has no agent ${history.agent}`);
    }
    return undefined;
  }

  #context(history: RunHistory, writer: RunWriter): RunContext {
    const { agent, registry, toolRate, clock, ids, limits } = this.#parts;
    const { threadId, runId, feed } = this.run;
    const tools = openToolScope(
      {
        userId: feed,
        threadId,
        runId,
        signal: this.#abort.signal,
        abortReason: () => (this.#aborted === undefined ? undefined : this.#ends ? "stop" : "abandon"),
        granted: new Set(agent.tools.map((tool) => tool.name)),
        journal: this.#journal(writer),
        recorded: history.calls,
      },
      { registry, clock, ids, limits, rate: toolRate },
    );
    return new RunContext({
      run: { userId: feed, threadId, runId },
      signal: this.#abort.signal,
      writer,
      tools,
      history,
      clock,
      limits,
      conversation: () => this.#conversation(),
    });
  }

  /** What cannot be read just now is no failure of the agent: the attempt ends, and the run goes on later. */
  async #conversation(): Promise<readonly ConversationMessage[]> {
    const { log, limits, logger } = this.#parts;
    try {
      return await readConversation(log, this.run, limits.contextMessagesMax);
    } catch (error) {
      logger.error({ err: error, runId: this.run.runId }, "unable to read the conversation of a run");
      this.abort("storage");
      throw new RunAbort("storage", { cause: error });
    }
  }

  #journal(writer: RunWriter): ToolJournal {
    return {
      append: (events: readonly ToolEvent[]) => writer.append(events),
      decision: (callId, signal) => this.#decision(callId, signal),
      expire: (callId) => writer.expireApproval(callId),
    };
  }

  /** Lets the agent work; after an abort it has `stopGraceMs` for itself besides what its tools get, then it is left. */
  async #answer(agent: Agent, context: RunContext): Promise<{ text: string; error: unknown }> {
    const { clock, limits } = this.#parts;
    const { signal } = this.#abort;
    const working = (async () => {
      const text = await answerThroughGate(agent, context, { clock, limits });
      return { text, error: undefined };
    })().catch(async (error: unknown) => {
      await context.finish().catch(() => undefined);
      return { text: context.text, error };
    });
    const answered = new AbortController();
    const leaving = new Promise<{ text: string; error: unknown }>((resolve) => {
      const onAbort = async () => {
        const graceMs = this.#ends ? 2 * limits.stopGraceMs : 0;
        await delay(clock, graceMs);
        resolve({ text: context.text, error: new RunAbort(this.#aborted ?? "stopped") });
      };
      if (signal.aborted) void onAbort();
      else signal.addEventListener("abort", () => void onAbort(), { once: true, signal: answered.signal });
    });
    return Promise.race([working, leaving]).finally(() => answered.abort(over));
  }

  async #end(
    writer: RunWriter,
    history: RunHistory,
    error: unknown,
    text: string,
    context: RunContext | undefined,
    begin: RunEvent | undefined,
  ): Promise<ExecutionResult> {
    if (this.#aborted !== undefined && !this.#ends) return { kind: "abandoned", reason: this.#aborted };
    try {
      const ending = this.#ending(error);
      this.#count(history, context?.verdicts ?? history.verdicts, ending);
      await writer.end({ ...ending, text, ...(context?.usage && { usage: context.usage }) }, begin);
      writer.close("fenced");
      this.#abort.abort(over);
      return { kind: "ended" };
    } catch (failure) {
      if (!(failure instanceof RunAbort)) throw failure;
      return { kind: "abandoned", reason: failure.reason };
    }
  }

  /**
   * Before the end is stored, because afterwards nobody would look at the run again: whoever takes it over after a crash in
   * between counts it once more, which is harmless.
   */
  #count(history: RunHistory, verdicts: RunHistory["verdicts"], { error }: Pick<RunEnding, "error">): void {
    const last = verdicts.get(verdicts.size);
    if (last === undefined) return;
    const { contentType, score, level, passed, issues } = last.verdict;
    try {
      this.#parts.onJudged({
        runId: this.run.runId,
        userId: this.run.feed,
        tenantId: history.tenantId,
        agent: this.#parts.agent.name,
        contentType,
        score,
        level,
        passed,
        blocked: error?.code === "quality_rejected",
        issues: issues.map(({ code }) => code),
      });
    } catch (cause) {
      this.#parts.logger.error({ err: cause, runId: this.run.runId }, "unable to count a verdict");
      this.abort("storage");
      throw new RunAbort("storage", { cause });
    }
  }

  #ending(error: unknown): Omit<RunEnding, "text"> {
    const openCalls = {
      outcome: "unknown",
      error: { code: "outcome_unknown", message: "unable to tell how the call ended; the run ended first" },
    } as const;
    if (this.#aborted === "deadline") {
      const message = `unable to finish the run within runDurationMsMax ${this.#parts.limits.runDurationMsMax}`;
      return { outcome: "failed", error: { code: "deadline_exceeded", message }, openCalls };
    }
    if (this.#aborted === "stopped") {
      return { outcome: "cancelled", error: { code: "cancelled", message: "the run was stopped" }, openCalls };
    }
    if (error === undefined) return { outcome: "completed", openCalls };
    if (error instanceof RunFailure) {
      const { code, message } = error;
      return { outcome: "failed", error: { code, message }, openCalls };
    }
    this.#parts.logger.error({ err: error, runId: this.run.runId }, "the agent failed");
    return { outcome: "failed", error: { code: "agent_failed", message: "the agent failed" }, openCalls };
  }

  /** Follows the feed for what others ask of this run: the log is the only place where they meet. */
  async #watch(after: number, signal: AbortSignal): Promise<void> {
    try {
      for await (const events of this.#parts.log.follow(this.run.feed, after, signal)) {
        for (const stored of events) {
          if (stored.type !== "run_stop_requested" && stored.type !== "approval_answered") continue;
          const { event } = stored;
          if (event.runId !== this.run.runId) continue;
          if (event.type === "run_stop_requested") this.abort("stopped");
          else if (event.type === "approval_answered") this.#decided(event.data.callId, event.data.decision);
        }
      }
    } catch (error) {
      this.#parts.logger.error({ err: error, runId: this.run.runId }, "unable to follow the feed of a run");
      this.abort("storage");
    }
  }

  #decided(callId: CallId, decision: ApprovalDecision): void {
    this.#decisions.set(callId, decision);
    this.#deciding.get(callId)?.(decision);
    this.#deciding.delete(callId);
  }

  #decision(callId: CallId, signal: AbortSignal): Promise<ApprovalDecision> {
    const known = this.#decisions.get(callId);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#deciding.delete(callId);
        reject(signal.reason);
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      this.#deciding.set(callId, (decision) => {
        signal.removeEventListener("abort", leave);
        resolve(decision);
      });
    });
  }
}
