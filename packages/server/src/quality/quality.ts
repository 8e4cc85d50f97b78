import type { AlertId, AlertState, CommandData, Limits, QualityScope, ReplyData, UserId } from "@throughline/protocol";
import { type Clock, instant, type Timer } from "../base/clock.ts";
import { CodedError } from "../base/coded-error.ts";
import type { Identity } from "../base/identity.ts";
import type { Audience, Notice, QualityStore, RunVerdict } from "./quality-store.ts";
import { reportText } from "./report-text.ts";
import { scoreText } from "./score-text.ts";

export interface QualityOptions {
  readonly store: QualityStore;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Appends to a feed, once for each key, whatever happened before. */
  deliver(userId: UserId, key: string, event: Notice["event"]): Promise<void>;
  /** Asked again before each notice about a tenant: a subscription must not outlive its permission. */
  mayReadTenant(identity: Pick<Identity, "userId" | "tenantId">): boolean;
  onError(error: unknown): void;
}

const hourMs = 3_600_000;
const hoursByDefault = 24;
const hoursOf = { day: 24, week: 168 } as const;
const retryMs = 1_000;
const forgetIntervalMs = 3_600_000;

/** Judges texts, counts what was judged, and tells those who asked. What it knows of users never leaves their tenant. */
export class Quality {
  readonly #options: QualityOptions;
  #telling: Promise<void> | undefined;
  /** Something was added to the outbox since it was last read. */
  #more = false;
  #timer: Timer | undefined;
  #forgetting: Timer | undefined;
  #closed = false;

  constructor(options: QualityOptions) {
    this.#options = options;
  }

  /** Begins to tell what was left over when the process ended. */
  start(): void {
    this.#tellSoon();
    this.#forget();
  }

  /** Counts the last verdict about a run; harmless when repeated. Durable when it returns, throws when it cannot be. */
  record(verdict: RunVerdict): void {
    const { store, clock } = this.#options;
    store.record(verdict, clock.now());
    if (!verdict.passed) this.#tellSoon();
  }

  validate({ text, contentType = "general", question, strict = false }: CommandData["quality.validate"]) {
    return scoreText({ text, contentType, strict, ...(question !== undefined && { question }) });
  }

  metrics(
    identity: Identity,
    asked: {
      readonly scope: QualityScope;
      readonly agent?: string | undefined;
      readonly windowHours?: number | undefined;
    },
  ): ReplyData["quality.metrics"] {
    const { store, clock, limits } = this.#options;
    const { scope, agent, windowHours = hoursByDefault } = asked;
    const audience = this.#audience(identity, scope);
    const from = clock.now() - windowHours * hourMs;
    const alerts = store.alerts(audience, limits.qualityAlertsListedMax);
    return { scope, windowHours, agents: store.figures(audience, from, agent), alerts };
  }

  report(identity: Identity, scope: QualityScope, period: "day" | "week"): ReplyData["quality.report"] {
    const { store, clock, limits } = this.#options;
    const audience = this.#audience(identity, scope);
    const now = clock.now();
    const from = now - hoursOf[period] * hourMs;
    const report = {
      scope,
      period,
      from: instant(from),
      to: instant(now),
      agents: store.figures(audience, from, undefined),
      alerts: store.alerts(audience, limits.qualityAlertsListedMax, from),
    };
    return { ...report, markdown: reportText(report) };
  }

  subscribe(identity: Identity, scope: QualityScope): ReplyData["quality.subscribe"] {
    const { qualitySubscribersPerTenantMax: subscribersMax } = this.#options.limits;
    if (!this.#options.store.subscribe(identity.userId, this.#audience(identity, scope), subscribersMax)) {
      const reason = `its subscribers reach qualitySubscribersPerTenantMax ${subscribersMax}`;
      throw new CodedError("conflict", `unable to subscribe to the tenant; ${reason}`);
    }
    this.#tellSoon();
    return { scope, subscribed: true };
  }

  unsubscribe(identity: Identity, scope: QualityScope): ReplyData["quality.unsubscribe"] {
    this.#options.store.unsubscribe(identity.userId, this.#audience(identity, scope));
    this.#tellSoon();
    return { scope, subscribed: false };
  }

  /** An alert that is not the asker's to see looks like one that never was. */
  changeAlert(
    identity: Identity,
    mayReadTenant: boolean,
    alertId: AlertId,
    to: "acknowledged" | "resolved",
  ): { readonly alertId: AlertId; readonly state: AlertState } {
    const { store, clock } = this.#options;
    const scopes: readonly QualityScope[] = mayReadTenant ? ["user", "tenant"] : ["user"];
    const audiences = scopes.map((scope) => this.#audience(identity, scope));
    const state = store.changeAlert(audiences, alertId, to, clock.now());
    if (state === undefined) throw new CodedError("not_found", `unable to find alert ${alertId}`);
    this.#tellSoon();
    return { alertId, state };
  }

  /** Resolves when nothing is on its way any more; what was not told is told after the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#forgetting?.cancel();
    await this.#telling;
    this.#options.store.close();
  }

  #audience(identity: Identity, scope: QualityScope): Audience {
    const { userId, tenantId } = identity;
    this.#options.store.leaveOtherTenants(userId, tenantId);
    return scope === "user" ? { scope, userId, tenantId } : { scope, tenantId };
  }

  #tellSoon(): void {
    this.#more = true;
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  /** One after the other, so that each feed gets its notices in their order; one that fails waits, and the others go on. */
  async #tellAll(): Promise<void> {
    const waiting = new Set<UserId>();
    while (this.#more && !this.#closed) {
      this.#more = false;
      await this.#tellStored(waiting);
    }
    if (waiting.size > 0 && !this.#closed) {
      this.#timer = this.#options.clock.schedule(retryMs, () => this.#tellSoon());
    }
  }

  async #tellStored(waiting: Set<UserId>): Promise<void> {
    const { store, deliver, mayReadTenant, onError } = this.#options;
    try {
      let after = 0;
      for (;;) {
        const notices = store.notices(after);
        for (const notice of notices) {
          if (this.#closed) return;
          after = notice.number;
          if (waiting.has(notice.userId)) continue;
          if (notice.scope === "tenant" && !mayReadTenant(notice)) {
            store.withdraw(notice);
            continue;
          }
          try {
            await deliver(notice.userId, notice.key, notice.event);
            store.told(notice);
          } catch (error) {
            waiting.add(notice.userId);
            onError(error);
          }
        }
        if (notices.length === 0) return;
      }
    } catch (error) {
      onError(error);
      this.#timer = this.#options.clock.schedule(retryMs, () => this.#tellSoon());
    }
  }

  #forget(): void {
    const { store, clock, limits, onError } = this.#options;
    try {
      store.forget(clock.now() - limits.qualityRetentionMs);
    } catch (error) {
      onError(error);
    }
    this.#forgetting = clock.schedule(forgetIntervalMs, () => this.#forget());
  }
}
