import type { ContentType, MeasureName } from "@throughline/protocol";
import { tellsWhatToDo } from "./instruction.ts";
import type { Text } from "./text.ts";

export interface Rule {
  /** Sum to 1. Measures that are not named do not count. */
  readonly weights: Readonly<Partial<Record<MeasureName, number>>>;
  /** The weighted sum, less penalties, that passes. */
  readonly scoreMin: number;
  /** Each of these has to be reached, whatever the sum. */
  readonly minima: Readonly<Partial<Record<MeasureName, number>>>;
  readonly genericPhrasesMax: number;
  readonly redundancyMax: number;
  /** What a complete text of this type speaks of. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly name: string;
  isIn(text: Text): boolean;
}

const spokenOf = (name: string, words: RegExp): Part => ({ name, isIn: ({ original }) => words.test(original) });

const problem = spokenOf(
  "the problem",
  /problem|issue|bottleneck|slow|cause|because|due to|currently|fail\w*|error|leak\w*/i,
);
const action: Part = { name: "what to do", isIn: ({ sentences }) => sentences.some(tellsWhatToDo) };
const effect = spokenOf(
  "the effect",
  /\b(?:reduc\w+|improv\w+|sav\w+|drop\w*|cut\w*|from .{1,40} to|faster|lower|gain\w*|expect\w*)\b|%/i,
);
const evidence = spokenOf("the figures", /\d/);
const conclusion = spokenOf(
  "a conclusion",
  /\b(?:therefore|so|conclu\w+|means|suggest\w*|shows?|indicat\w+|because|driven by|explain\w*|accounts? for)\b/i,
);
const time = spokenOf(
  "when",
  /\b(?:today|tomorrow|week\w*|month\w*|day\w*|hour\w*|by \w+day|deadline|q[1-4]|monday|tuesday|wednesday|thursday|friday|january|february|march|april|june|july|august|september|october|november|december|minutes?|first|then|before|after)\b/i,
);
const owner = spokenOf(
  "who",
  /\b(?:owner|team|we|you|i|engineer\w*|lead|manager|assign\w*|responsible|support|customer|finance|sales|legal|security|platform|data)\b/i,
);
const summary = spokenOf(
  "a summary",
  /\b(?:summary|overall|in short|result\w*|total|this (?:week|month|quarter|report)|highlights?|status)\b/i,
);
const outlook = spokenOf("what follows", /\b(?:next|recommend\w*|plan\w*|action\w*|follow|will|should|risk\w*)\b/i);
const severity = spokenOf(
  "how bad it is",
  /\b(?:sev(?:erity)?[- ]?\d|p[0-4]|critical|high|medium|low|urgent|blocker|outage|priority|minor|major)\b/i,
);
const route = spokenOf(
  "where it goes",
  /\b(?:assign\w*|route\w*|escalat\w*|team|owner|queue|on-call|hand\w* (?:over|to)|forward\w*|belongs? to)\b/i,
);

/** Weights and thresholds follow the record of the system that this replaces; the parts are this project's. */
export const rules: Readonly<Record<ContentType, Rule>> = {
  optimization: {
    weights: {
      specificity: 0.25,
      actionability: 0.25,
      quantification: 0.2,
      relevance: 0.15,
      completeness: 0.1,
      clarity: 0.05,
    },
    scoreMin: 0.63,
    minima: { specificity: 0.6, actionability: 0.6 },
    genericPhrasesMax: 2,
    redundancyMax: 0.3,
    parts: [problem, action, effect],
  },
  data_analysis: {
    weights: { quantification: 0.3, relevance: 0.2, specificity: 0.2, completeness: 0.15, clarity: 0.1, novelty: 0.05 },
    scoreMin: 0.6,
    minima: { quantification: 0.8, relevance: 0.5 },
    genericPhrasesMax: 2,
    redundancyMax: 0.3,
    parts: [evidence, conclusion],
  },
  action_plan: {
    weights: { actionability: 0.4, completeness: 0.25, specificity: 0.15, relevance: 0.1, clarity: 0.1 },
    scoreMin: 0.7,
    minima: { actionability: 0.9, completeness: 0.8 },
    genericPhrasesMax: 2,
    redundancyMax: 0.3,
    parts: [action, time, owner],
  },
  report: {
    weights: { completeness: 0.3, quantification: 0.2, specificity: 0.2, clarity: 0.15, novelty: 0.1, relevance: 0.05 },
    scoreMin: 0.6,
    minima: { completeness: 0.8 },
    genericPhrasesMax: 3,
    redundancyMax: 0.2,
    parts: [summary, evidence, outlook],
  },
  triage: {
    weights: { specificity: 0.3, actionability: 0.25, completeness: 0.2, relevance: 0.15, clarity: 0.1 },
    scoreMin: 0.55,
    minima: { completeness: 0.6, actionability: 0.5 },
    genericPhrasesMax: 2,
    redundancyMax: 0.3,
    parts: [problem, severity, route],
  },
  error_message: {
    weights: { clarity: 0.35, actionability: 0.35, specificity: 0.2, relevance: 0.1 },
    scoreMin: 0.5,
    minima: { clarity: 0.8, actionability: 0.6 },
    genericPhrasesMax: 1,
    redundancyMax: 0.3,
    parts: [problem, action],
  },
  general: {
    weights: { clarity: 0.3, relevance: 0.25, novelty: 0.2, specificity: 0.15, completeness: 0.1 },
    scoreMin: 0.5,
    minima: { clarity: 0.6 },
    genericPhrasesMax: 3,
    redundancyMax: 0.3,
    parts: [],
  },
};
