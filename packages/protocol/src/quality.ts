/** What is said about the quality of answers: verdicts, alerts, and the figures made of them. */
import type { AlertId } from "./ids.ts";

/** What a text is meant to be decides what it is measured by. */
export const contentTypes = [
  "optimization",
  "data_analysis",
  "action_plan",
  "report",
  "triage",
  "error_message",
  "general",
] as const;
export type ContentType = (typeof contentTypes)[number];

export const measureNames = [
  "specificity",
  "actionability",
  "quantification",
  "relevance",
  "completeness",
  "novelty",
  "clarity",
] as const;
export type MeasureName = (typeof measureNames)[number];

/** From best to worst: a score of at least 0.9, 0.7, 0.5, 0.3, and below. */
export const qualityLevels = ["excellent", "good", "acceptable", "poor", "unacceptable"] as const;
export type QualityLevel = (typeof qualityLevels)[number];

export const qualityIssueCodes = [
  ...measureNames,
  "generic_phrases",
  "circular_reasoning",
  "hallucination_risk",
  "redundancy",
  "empty",
  "score",
  "judge",
] as const;
export type QualityIssueCode = (typeof qualityIssueCodes)[number];

export interface QualityIssue {
  /** Name of a measure, of a fault, `score`, or `judge` for what a language model objected to. */
  readonly code: QualityIssueCode;
  readonly message: string;
}

/** What the second judge, a language model, made of a text; `skipped` or `failed`: it did not count. */
export interface QualityJudgement {
  readonly outcome: "passed" | "rejected" | "skipped" | "failed";
  /** In the judge's words, or why there is no judgement. */
  readonly reason: string;
}

export interface QualityVerdict {
  readonly contentType: ContentType;
  readonly strict: boolean;
  readonly passed: boolean;
  /** 0 to 1, two decimals. */
  readonly score: number;
  readonly level: QualityLevel;
  readonly scores: Readonly<Record<MeasureName, number>>;
  readonly genericPhrases: number;
  readonly circularReasoning: boolean;
  readonly hallucinationRisk: number;
  readonly redundancy: number;
  readonly counts: { readonly words: number; readonly sentences: number; readonly numbers: number };
  /** Why it did not pass; empty exactly when it did. */
  readonly issues: readonly QualityIssue[];
  /** What would make it better, the most telling first. */
  readonly suggestions: readonly string[];
  readonly judgement?: QualityJudgement;
}

/** `user`: the sender's own answers. `tenant`: those of everybody in the sender's tenant, without saying whose. */
export const qualityScopes = ["user", "tenant"] as const;
export type QualityScope = (typeof qualityScopes)[number];

export const alertStates = ["open", "acknowledged", "resolved"] as const;
export type AlertState = (typeof alertStates)[number];

export const alertSeverities = ["info", "warning", "critical"] as const;
/** `critical`: the answer was withheld and the run failed. `warning`: its level is poor or worse. `info`: any other. */
export type AlertSeverity = (typeof alertSeverities)[number];

/** Answers of one agent that did not pass, from the first of them until somebody resolves it. Names no user and no run. */
export interface QualityAlert {
  readonly alertId: AlertId;
  readonly scope: QualityScope;
  readonly agent: string;
  readonly state: AlertState;
  /** The highest so far. */
  readonly severity: AlertSeverity;
  /** Answers so far. */
  readonly occurrences: number;
  /** Of the newest of them, as are `contentType` and `issues`. */
  readonly score: number;
  readonly contentType: ContentType;
  readonly issues: readonly QualityIssueCode[];
  readonly openedAt: string;
  readonly changedAt: string;
}

export const qualityTrends = ["improving", "steady", "degrading", "unknown"] as const;
/** The newest 50 scores against the 50 before them, by more than 5 %; `unknown` while there are not 100. */
export type QualityTrend = (typeof qualityTrends)[number];

/** Figures over the verdicts of one agent. Scores are those of final answers, revisions before them are not counted. */
export interface AgentQuality {
  readonly agent: string;
  readonly verdicts: number;
  readonly passed: number;
  /** Answers that were withheld. */
  readonly blocked: number;
  readonly average: number;
  readonly median: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Standard deviation of the scores. */
  readonly deviation: number;
  readonly levels: Readonly<Record<QualityLevel, number>>;
  /** How many verdicts had an issue of this code. */
  readonly issues: Readonly<Partial<Record<QualityIssueCode, number>>>;
  readonly trend: QualityTrend;
}
