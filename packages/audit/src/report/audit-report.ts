/** What an audit found: the one shape that every output is made from. Plain data, in a fixed order, without times. */
import type { Language } from "../facts/file-facts.ts";

/** Grows when a reader of the JSON would have to change. */
export const reportVersion = 1;

export type FileRole = "production" | "test" | "generated" | "vendored" | "backup" | "script";

/** `path#Name` or `path#Class.method`: one definition, whatever it is imported as. `path#` is the module itself. */
export type SymbolId = string;

export type MemberStatus =
  | "canonical"
  /** Only re-exports. */
  | "shim"
  /** Every public path reaches the canonical one by a resolved call; no loop, state or second sender of its own. */
  | "adapter"
  /** An adapter with a path of its own: in a handler of failures, behind a flag, in a legacy or fallback callee. */
  | "leaky_adapter"
  /** A subclass that adds. */
  | "extension"
  /** An implementation of its own, or a subclass that overrides a core method without calling it. */
  | "rival"
  /** Binds the canonical name to something else. */
  | "masquerade"
  /** A proposed owner without the behaviour. */
  | "hollow"
  /** A rival that nothing in production reaches. */
  | "dead_rival"
  /** Uses a declared primitive around the owner. */
  | "bypass"
  | "unknown";

export interface Evidence {
  readonly path: string;
  readonly line: number;
  /** What stands there, and why it proves the status. */
  readonly text: string;
}

export interface Member {
  readonly symbol: SymbolId;
  readonly path: string;
  readonly line: number;
  readonly language: Language;
  readonly role: FileRole;
  readonly status: MemberStatus;
  /** At least one. */
  readonly evidence: readonly Evidence[];
  /** Distinct use sites in production, and in tests. */
  readonly sites: number;
  readonly testSites: number;
  /** Responsibility, kind, symbol, caller: what a baseline remembers. No line numbers. */
  readonly identity: string;
  /** Of the body: an identity survives a move that keeps it. */
  readonly fingerprint: string;
  /** A declared exception that is not over. */
  readonly exception?: { readonly reason: string; readonly owner: string; readonly until: string };
  /** Why an inline ignore says that it is no violation. It counts in the number all the same. */
  readonly ignored?: string;
}

/** One caller of one target: counts once, however often it calls. */
export interface UseSite {
  readonly caller: SymbolId;
  readonly target: SymbolId;
  readonly path: string;
  readonly line: number;
  readonly verdict: "ok" | "bypass" | "unknown";
  readonly reason: string;
}

export interface Compliance {
  readonly ok: number;
  readonly bypass: number;
  readonly unknown: number;
  /** 0 to 1: unknown counted as bypass, and as ok. Null: nothing was measured. The lower bound is the headline. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Why there is no number: no sites at all, or an owner that is hollow. */
  readonly notMeasured?: "no sites" | "invalid owner";
}

export interface ResponsibilityReport {
  readonly id: string;
  readonly why: string;
  readonly owner: SymbolId;
  /** At least this much of the lower bound is asked for. */
  readonly target: number;
  readonly compliance: Compliance;
  /** By status, then by symbol. */
  readonly members: readonly Member[];
  /** Production only, by path and line. */
  readonly sites: readonly UseSite[];
  /** Adapters that the configuration permits and the structure does not prove, masquerades, expired exceptions and the like. */
  readonly violations: readonly Violation[];
  /** Declared primitives that nothing in production uses, not even the owner: misspelled, or a precaution. */
  readonly unusedPrimitives: readonly string[];
  /** What changes would touch. */
  readonly impact: { readonly files: number; readonly testFiles: number; readonly testSites: number };
}

export interface Violation {
  readonly identity: string;
  readonly kind: MemberStatus | "unproven_adapter" | "expired_exception" | "missing_owner" | "import";
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Imports against the rules of layers. */
export interface LayersReport {
  readonly id: string;
  readonly why: string;
  /** Pairs of files: allowed, forbidden, and computed imports. */
  readonly compliance: Compliance;
  /** By path. */
  readonly violations: readonly Violation[];
}

/** What `discover` proposes to look at, best first. */
export interface Finding {
  /** Of names: what `init` is told to accept. The same as long as the names are. */
  readonly id: string;
  readonly kind: "rivals" | "identity_confusion";
  readonly confidence: "high" | "medium" | "low";
  /** 0 to 1; findings are ranked by it. */
  readonly score: number;
  /** In a few words: what these do. */
  readonly title: string;
  readonly members: readonly FindingMember[];
  readonly evidence: readonly Evidence[];
}

export interface FindingMember {
  readonly symbol: SymbolId;
  readonly path: string;
  readonly line: number;
  readonly role: FileRole;
  readonly sites: number;
  readonly methods: readonly string[];
}

export interface AuditReport {
  readonly version: typeof reportVersion;
  readonly command: "check" | "discover";
  readonly files: {
    readonly read: number;
    readonly byLanguage: Readonly<Record<Language, number>>;
    readonly byRole: Readonly<Record<FileRole, number>>;
    readonly unparsed: readonly { readonly path: string; readonly line: number; readonly message: string }[];
    readonly skipped: readonly { readonly path: string; readonly reason: string }[];
    /** How many files production begins with; 0: none is known, and everything counts as reached. */
    readonly entries: number;
    /** Files of production that no entry point leads to by imports, sorted. */
    readonly unreached: readonly string[];
  };
  readonly ignores: number;
  readonly responsibilities: readonly ResponsibilityReport[];
  readonly layers: readonly LayersReport[];
  readonly findings: readonly Finding[];
}
