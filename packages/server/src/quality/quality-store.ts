import type { DatabaseSync } from "node:sqlite";
import {
  type AgentQuality,
  type AlertId,
  type AlertSeverity,
  type AlertState,
  alertSeverities,
  type ContentType,
  type EventData,
  type QualityAlert,
  type QualityIssueCode,
  type QualityLevel,
  type QualityScope,
  qualityLevels,
  type RunId,
  type UserEventType,
  type UserId,
} from "@throughline/protocol";
import type { TenantId } from "../base/identity.ts";
import { inTransaction } from "../base/in-transaction.ts";
import { trendOf } from "./trend.ts";

/** Whose answers are meant: a user's own, or everybody's in a tenant. */
export type Audience =
  | { readonly scope: "user"; readonly userId: UserId; readonly tenantId: TenantId }
  | { readonly scope: "tenant"; readonly tenantId: TenantId };

/** The last verdict about one run. */
export interface RunVerdict {
  readonly runId: RunId;
  readonly userId: UserId;
  readonly tenantId: TenantId;
  readonly agent: string;
  readonly contentType: ContentType;
  readonly score: number;
  readonly level: QualityLevel;
  readonly passed: boolean;
  /** The answer was withheld. */
  readonly blocked: boolean;
  readonly issues: readonly QualityIssueCode[];
}

/** An event that is to be appended to a feed, once, under its key. */
export interface Notice {
  readonly number: number;
  readonly key: string;
  readonly userId: UserId;
  readonly tenantId: TenantId;
  readonly scope: QualityScope;
  readonly event: { [Type in UserEventType]: { readonly type: Type; readonly data: EventData[Type] } }[UserEventType];
}

interface AlertRow {
  readonly id: string;
  readonly scope: QualityScope;
  readonly agent: string;
  readonly state: AlertState;
  readonly severity: AlertSeverity;
  readonly occurrences: number;
  readonly score: number;
  readonly content_type: ContentType;
  readonly issues: string;
  readonly opened_at: number;
  readonly changed_at: number;
}

/** Mints what the store needs ids for. */
interface Mint {
  alertId(): AlertId;
  secret(): string;
}

const noticesPageMax = 256;

/**
 * Verdicts, alerts, subscriptions, and what subscribers are still to be told. Every method is one transaction, durable when
 * it returns. Rows about a tenant are found by tenant, rows about a user by user and tenant: no statement crosses either.
 */
export class QualityStore {
  readonly #database: DatabaseSync;
  readonly #ids: Mint;

  constructor(database: DatabaseSync, ids: Mint) {
    this.#database = database;
    this.#ids = ids;
  }

  /** Counts a run once, however often it is told of it; opens alerts or adds to them when the verdict did not pass. */
  record(verdict: RunVerdict, at: number): void {
    inTransaction(this.#database, () => {
      const { runId, tenantId, userId, agent, score, level, passed, blocked, issues } = verdict;
      const { changes } = this.#run(
        "INSERT OR IGNORE INTO verdicts (run, tenant, user, agent, at, score, level, passed, blocked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        runId,
        tenantId,
        userId,
        agent,
        at,
        score,
        level,
        Number(passed),
        Number(blocked),
      );
      if (changes === 0) return;
      for (const code of new Set(issues)) this.#run("INSERT INTO issues (run, code) VALUES (?, ?)", runId, code);
      if (passed) return;
      this.#alert({ scope: "user", userId, tenantId }, verdict, at);
      this.#alert({ scope: "tenant", tenantId }, verdict, at);
    });
  }

  /** Scores are those of the verdicts since `from`, by agent. */
  figures(audience: Audience, from: number, agent: string | undefined): readonly AgentQuality[] {
    const { where, values } = whereVerdicts(audience);
    const levels = qualityLevels.map((level) => `SUM(level = '${level}') AS ${level}`).join(", ");
    const agents = this.#all<AgentRow>(
      `SELECT agent, COUNT(*) AS verdicts, SUM(passed) AS passed, SUM(blocked) AS blocked, AVG(score) AS average,
        MIN(score) AS minimum, MAX(score) AS maximum, AVG(score * score) AS square, ${levels}
       FROM verdicts WHERE ${where} AND at >= ?${agent === undefined ? "" : " AND agent = ?"}
       GROUP BY agent ORDER BY agent`,
      ...values,
      from,
      ...(agent === undefined ? [] : [agent]),
    );
    return agents.map((row) => this.#agentQuality(audience, from, row));
  }

  #agentQuality(audience: Audience, from: number, row: AgentRow): AgentQuality {
    const { where, values } = whereVerdicts(audience);
    const of = `FROM verdicts WHERE ${where} AND at >= ? AND agent = ?`;
    const parameters = [...values, from, row.agent];
    const middle = this.#all<{ score: number }>(
      `SELECT score ${of} ORDER BY score LIMIT ${row.verdicts % 2 === 0 ? 2 : 1} OFFSET ${Math.floor((row.verdicts - 1) / 2)}`,
      ...parameters,
    );
    const issues = this.#all<{ code: QualityIssueCode; count: number }>(
      `SELECT code, COUNT(*) AS count FROM issues WHERE run IN (SELECT run ${of}) GROUP BY code ORDER BY code`,
      ...parameters,
    );
    const newest = this.#all<{ score: number }>(
      `SELECT score ${of} ORDER BY at DESC, rowid DESC LIMIT 100`,
      ...parameters,
    );
    return {
      agent: row.agent,
      verdicts: row.verdicts,
      passed: row.passed,
      blocked: row.blocked,
      average: round(row.average),
      median: round(middle.reduce((sum, { score }) => sum + score, 0) / middle.length),
      minimum: row.minimum,
      maximum: row.maximum,
      deviation: round(Math.sqrt(Math.max(0, row.square - row.average ** 2))),
      levels: Object.fromEntries(qualityLevels.map((level) => [level, row[level]])) as Record<QualityLevel, number>,
      issues: Object.fromEntries(issues.map(({ code, count }) => [code, count])),
      trend: trendOf(newest.map(({ score }) => score)),
    };
  }

  /** Newest first. `since`: those that changed since then; without it, those that nobody has resolved. */
  alerts(audience: Audience, max: number, since?: number): readonly QualityAlert[] {
    const condition = since === undefined ? "state <> 'resolved' AND changed_at >= ?" : "changed_at >= ?";
    return this.#all<AlertRow>(
      `SELECT * FROM alerts WHERE scope = ? AND tenant = ? AND user = ? AND ${condition} ORDER BY changed_at DESC, id LIMIT ?`,
      ...audienceKey(audience),
      since ?? 0,
      max,
    ).map(alertOf);
  }

  /** The state that the alert has now; undefined when none of these audiences has it. */
  changeAlert(
    audiences: readonly Audience[],
    alertId: AlertId,
    state: "acknowledged" | "resolved",
    at: number,
  ): AlertState | undefined {
    return inTransaction(this.#database, () => {
      for (const audience of audiences) {
        const [row] = this.#all<AlertRow>(
          "SELECT * FROM alerts WHERE scope = ? AND tenant = ? AND user = ? AND id = ?",
          ...audienceKey(audience),
          alertId,
        );
        if (row === undefined) continue;
        const isChange = state === "resolved" ? row.state !== "resolved" : row.state === "open";
        if (!isChange) return row.state;
        this.#run("UPDATE alerts SET state = ?, changed_at = ? WHERE id = ?", state, at, alertId);
        this.#tellSubscribers(audience, { type: "quality_update", data: { alert: { alertId, state } } });
        return state;
      }
      return undefined;
    });
  }

  /** False when the tenant has as many subscribers as it may. */
  subscribe(userId: UserId, audience: Audience, subscribersMax: number): boolean {
    return inTransaction(this.#database, () => {
      const { scope, tenantId } = audience;
      const held = this.#all<{ user: string }>(
        "SELECT user FROM subscriptions WHERE tenant = ? AND scope = ?",
        tenantId,
        scope,
      );
      if (held.some(({ user }) => user === userId)) return true;
      if (scope === "tenant" && held.length >= subscribersMax) return false;
      this.#run("INSERT INTO subscriptions (user, scope, tenant) VALUES (?, ?, ?)", userId, scope, tenantId);
      this.#tell(userId, audience, { type: "quality_update", data: { subscription: { scope, subscribed: true } } });
      return true;
    });
  }

  unsubscribe(userId: UserId, audience: Audience): void {
    const { scope, tenantId } = audience;
    inTransaction(this.#database, () => {
      const { changes } = this.#run(
        "DELETE FROM subscriptions WHERE user = ? AND scope = ? AND tenant = ?",
        userId,
        scope,
        tenantId,
      );
      if (changes === 0) return;
      this.#tell(userId, audience, { type: "quality_update", data: { subscription: { scope, subscribed: false } } });
    });
  }

  /** A user belongs to one tenant: what they had in any other ends, and so does what was on its way from there. */
  leaveOtherTenants(userId: UserId, tenantId: TenantId): void {
    const [other] = this.#all("SELECT 1 FROM subscriptions WHERE user = ? AND tenant <> ? LIMIT 1", userId, tenantId);
    if (other === undefined) return;
    inTransaction(this.#database, () => {
      this.#run("DELETE FROM subscriptions WHERE user = ? AND tenant <> ?", userId, tenantId);
      this.#run("DELETE FROM outbox WHERE user = ? AND tenant <> ?", userId, tenantId);
    });
  }

  /** What is to be told next, oldest first. */
  notices(after: number): readonly Notice[] {
    const rows = this.#all<{ number: number; key: string; user: string; tenant: string; scope: string; event: string }>(
      "SELECT * FROM outbox WHERE number > ? ORDER BY number LIMIT ?",
      after,
      noticesPageMax,
    );
    return rows.map(({ number, key, user, tenant, scope, event }) => ({
      number,
      key,
      userId: user as UserId,
      tenantId: tenant as TenantId,
      scope: scope as QualityScope,
      event: JSON.parse(event) as Notice["event"],
    }));
  }

  told(notice: Notice): void {
    this.#run("DELETE FROM outbox WHERE number = ?", notice.number);
  }

  /** Ends the subscription behind a notice whose receiver may no longer have it. */
  withdraw(notice: Notice): void {
    const { userId, scope, tenantId } = notice;
    inTransaction(this.#database, () => {
      this.#run("DELETE FROM subscriptions WHERE user = ? AND scope = ? AND tenant = ?", userId, scope, tenantId);
      this.#run("DELETE FROM outbox WHERE user = ? AND scope = ? AND tenant = ?", userId, scope, tenantId);
    });
  }

  /** Removes verdicts and resolved alerts from before. */
  forget(before: number): void {
    inTransaction(this.#database, () => {
      this.#run("DELETE FROM verdicts WHERE at < ?", before);
      this.#run("DELETE FROM alerts WHERE state = 'resolved' AND changed_at < ?", before);
    });
  }

  close(): void {
    this.#database.close();
  }

  #alert(audience: Audience, verdict: RunVerdict, at: number): void {
    const { agent, score, level, blocked, contentType, issues } = verdict;
    const key = audienceKey(audience);
    const severity: AlertSeverity = blocked
      ? "critical"
      : level === "poor" || level === "unacceptable"
        ? "warning"
        : "info";
    const [known] = this.#all<AlertRow>(
      "SELECT * FROM alerts WHERE scope = ? AND tenant = ? AND user = ? AND agent = ? AND state <> 'resolved'",
      ...key,
      agent,
    );
    if (known !== undefined) {
      const highest = Math.max(alertSeverities.indexOf(known.severity), alertSeverities.indexOf(severity));
      this.#run(
        "UPDATE alerts SET occurrences = occurrences + 1, severity = ?, score = ?, content_type = ?, issues = ?, changed_at = ? WHERE id = ?",
        alertSeverities[highest] as string,
        score,
        contentType,
        JSON.stringify(issues),
        at,
        known.id,
      );
      return;
    }
    const row: AlertRow = {
      id: this.#ids.alertId(),
      scope: audience.scope,
      agent,
      state: "open",
      severity,
      occurrences: 1,
      score,
      content_type: contentType,
      issues: JSON.stringify(issues),
      opened_at: at,
      changed_at: at,
    };
    this.#run(
      "INSERT INTO alerts (id, scope, tenant, user, agent, state, severity, occurrences, score, content_type, issues, opened_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row.id,
      ...key,
      agent,
      row.state,
      severity,
      1,
      score,
      contentType,
      row.issues,
      at,
      at,
    );
    this.#tellSubscribers(audience, { type: "quality_alert", data: alertOf(row) });
  }

  #tellSubscribers(audience: Audience, event: Notice["event"]): void {
    const { scope, tenantId } = audience;
    const subscribers =
      scope === "tenant"
        ? this.#all<{ user: string }>(
            "SELECT user FROM subscriptions WHERE tenant = ? AND scope = 'tenant' ORDER BY user",
            tenantId,
          )
        : this.#all<{ user: string }>(
            "SELECT user FROM subscriptions WHERE user = ? AND tenant = ? AND scope = 'user'",
            audience.userId,
            tenantId,
          );
    for (const { user } of subscribers) this.#tell(user as UserId, audience, event);
  }

  #tell(userId: UserId, { scope, tenantId }: Audience, event: Notice["event"]): void {
    // No client can mint a key with a colon, nor guess the rest.
    const key = `quality:${this.#ids.secret()}`;
    this.#run(
      "INSERT INTO outbox (key, user, tenant, scope, event) VALUES (?, ?, ?, ?, ?)",
      key,
      userId,
      tenantId,
      scope,
      JSON.stringify(event),
    );
  }

  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  #prepared(sql: string) {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
  #run(sql: string, ...parameters: readonly (string | number | null)[]) {
    return this.#prepared(sql).run(...parameters);
  }
  #all<Row>(sql: string, ...parameters: readonly (string | number | null)[]): Row[] {
    return this.#prepared(sql).all(...parameters) as Row[];
  }
}

type AgentRow = {
  readonly agent: string;
  readonly verdicts: number;
  readonly passed: number;
  readonly blocked: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly square: number;
} & Readonly<Record<QualityLevel, number>>;

function whereVerdicts(audience: Audience) {
  return audience.scope === "tenant"
    ? { where: "tenant = ?", values: [audience.tenantId] }
    : { where: "user = ? AND tenant = ?", values: [audience.userId, audience.tenantId] };
}

/** Scope, tenant and user of an audience's alerts. */
function audienceKey(audience: Audience): [QualityScope, TenantId, string] {
  return [audience.scope, audience.tenantId, audience.scope === "user" ? audience.userId : ""];
}

function alertOf(row: AlertRow): QualityAlert {
  return {
    alertId: row.id as AlertId,
    scope: row.scope,
    agent: row.agent,
    state: row.state,
    severity: row.severity,
    occurrences: row.occurrences,
    score: row.score,
    contentType: row.content_type,
    issues: JSON.parse(row.issues) as QualityIssueCode[],
    openedAt: new Date(row.opened_at).toISOString(),
    changedAt: new Date(row.changed_at).toISOString(),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
