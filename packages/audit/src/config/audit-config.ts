import type { FileRole, SymbolId } from "../report/audit-report.ts";

/** `audit.config.json`: what is declared, and nothing that runs. */
export interface AuditConfig {
  readonly scope: Scope;
  /** Globs that say of files what they are; they count more than what their names say. */
  readonly roles: Readonly<Partial<Record<FileRole, readonly string[]>>>;
  /** Globs of the files that production begins with; without them they are guessed from manifests, names and decorators. */
  readonly entries: readonly string[];
  readonly responsibilities: readonly Responsibility[];
  /** Who may import whom. */
  readonly layers: readonly Layers[];
}

/** Looks at all of the code and asks for nothing. */
export const nothingDeclared: AuditConfig = {
  scope: { include: [], exclude: [] },
  roles: {},
  entries: [],
  responsibilities: [],
  layers: [],
};

export interface Scope {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Something that exactly one place of the code is to do. */
export interface Responsibility {
  /** Lower case, digits and hyphens. */
  readonly id: string;
  readonly why: string;
  /** Who owns it: `path#Name`. */
  readonly owner: SymbolId;
  /** What else belongs to the owner, such as its parts. */
  readonly canonical: readonly SymbolId[];
  /** Functions that give the owner out. */
  readonly factories: readonly SymbolId[];
  /** What others of the kind look like. */
  readonly match: Match;
  readonly adapters: readonly PermittedAdapter[];
  /** What only the owner may use. */
  readonly primitives: readonly Primitive[];
  /** Globs of files that are not looked at for this responsibility. */
  readonly exclude: readonly string[];
  /** 0 to 1: the lower bound of compliance that is asked for. */
  readonly target: number;
}

/** Rules of imports within the code: what a rule does not allow, it forbids. */
export interface Layers {
  /** Lower case, digits and hyphens. */
  readonly id: string;
  readonly why: string;
  /** Globs: files of production here need a rule. Default: only files of a rule are looked at. */
  readonly covers: readonly string[];
  readonly rules: readonly LayerRule[];
  /** Globs of files that load what somebody names at run time, such as a configuration: nothing within the code. */
  readonly computed: readonly string[];
}

export interface LayerRule {
  /** Globs: one room. Its files may import each other. */
  readonly from: readonly string[];
  /** Globs of what they may import besides. */
  readonly allow: readonly string[];
}

export interface Match {
  /** Parts of names, all of which a name has: `message router` fits `MessageRouter` and `route_message_router`. */
  readonly names: readonly string[];
  /** Names of methods of which a class has at least two, or the only one. */
  readonly methods: readonly string[];
}

export interface PermittedAdapter {
  readonly symbol: SymbolId;
  readonly reason: string;
  readonly owner: string;
  /** Last day, `YYYY-MM-DD`. */
  readonly until: string;
}

export interface Primitive {
  /** How it is called, from the right: `websocket.send_json`, or `*.send_json` for any receiver; `ws#WebSocket.send` resolved. */
  readonly call: string;
  /** Globs of files, or symbols, that may use it besides the owner. */
  readonly allowed: readonly string[];
}

/** A configuration that makes no sense; `problems` names each place. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`unable to use the configuration; ${problems.join("; ")}`);
    this.problems = problems;
  }
}
