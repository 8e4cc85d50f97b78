import type { FileRole } from "../report/audit-report.ts";
import {
  type AuditConfig,
  ConfigError,
  type LayerRule,
  type Layers,
  type PermittedAdapter,
  type Primitive,
  type Responsibility,
} from "./audit-config.ts";
import { isDate } from "./is-date.ts";

const roles: readonly FileRole[] = ["production", "test", "generated", "vendored", "backup", "script"];
const idPattern = /^[a-z][a-z0-9-]{0,63}$/;
const symbolPattern = /^[^#]+#[^#]*$/;

/** Reads `audit.config.json`. Throws a `ConfigError` that names every mistake; keys that are not known are mistakes. */
export function readConfig(text: string): AuditConfig {
  const reader = new Reader();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`it is not JSON: ${(error as Error).message}`]);
  }
  const root = reader.object(value, "", ["$schema", "scope", "roles", "entries", "responsibilities", "layers"]);
  const scope = reader.object(root.scope ?? {}, "scope", ["include", "exclude"]);
  const given = reader.object(root.roles ?? {}, "roles", roles);
  const responsibilities = reader
    .list(root.responsibilities ?? [], "responsibilities")
    .map((entry, index) => readResponsibility(reader, entry, `responsibilities[${index}]`));
  const entries = reader.texts(root.entries ?? [], "entries");
  const layers = reader
    .list(root.layers ?? [], "layers")
    .map((entry, index) => readLayers(reader, entry, `layers[${index}]`));
  const ids = [...responsibilities, ...layers].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) {
    reader.problems.push(`${id} is declared twice`);
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return {
    scope: {
      include: reader.texts(scope.include ?? [], "scope.include"),
      exclude: reader.texts(scope.exclude ?? [], "scope.exclude"),
    },
    roles: Object.fromEntries(
      roles.flatMap((role) => (given[role] === undefined ? [] : [[role, reader.texts(given[role], `roles.${role}`)]])),
    ),
    entries,
    responsibilities,
    layers,
  };
}

function readLayers(reader: Reader, value: unknown, place: string): Layers {
  const given = reader.object(value, place, ["id", "why", "covers", "computed", "rules"]);
  return {
    id: reader.pattern(given.id, `${place}.id`, idPattern, "lower-case letters, digits and hyphens"),
    why: reader.text(given.why, `${place}.why`),
    covers: reader.texts(given.covers ?? [], `${place}.covers`),
    computed: reader.texts(given.computed ?? [], `${place}.computed`),
    rules: reader
      .list(given.rules, `${place}.rules`)
      .map((entry, at) => readLayerRule(reader, entry, `${place}.rules[${at}]`)),
  };
}

function readLayerRule(reader: Reader, value: unknown, place: string): LayerRule {
  const given = reader.object(value, place, ["from", "allow"]);
  return {
    from: reader.texts(given.from, `${place}.from`),
    allow: reader.texts(given.allow ?? [], `${place}.allow`),
  };
}

function readResponsibility(reader: Reader, value: unknown, place: string): Responsibility {
  const keys = ["id", "why", "owner", "canonical", "factories", "match", "adapters", "primitives", "exclude", "target"];
  const given = reader.object(value, place, keys);
  const match = reader.object(given.match ?? {}, `${place}.match`, ["names", "methods"]);
  const target = given.target ?? 1;
  if (typeof target !== "number" || target < 0 || target > 1)
    reader.problems.push(`${place}.target: is a number from 0 to 1`);
  return {
    id: reader.pattern(given.id, `${place}.id`, idPattern, "lower-case letters, digits and hyphens"),
    why: reader.text(given.why, `${place}.why`),
    owner: reader.pattern(given.owner, `${place}.owner`, symbolPattern, "path#Name"),
    canonical: reader.symbols(given.canonical ?? [], `${place}.canonical`),
    factories: reader.symbols(given.factories ?? [], `${place}.factories`),
    match: {
      names: reader.texts(match.names ?? [], `${place}.match.names`),
      methods: reader.texts(match.methods ?? [], `${place}.match.methods`),
    },
    adapters: reader
      .list(given.adapters ?? [], `${place}.adapters`)
      .map((entry, at) => readAdapter(reader, entry, `${place}.adapters[${at}]`)),
    primitives: reader
      .list(given.primitives ?? [], `${place}.primitives`)
      .map((entry, at) => readPrimitive(reader, entry, `${place}.primitives[${at}]`)),
    exclude: reader.texts(given.exclude ?? [], `${place}.exclude`),
    target: typeof target === "number" ? target : 1,
  };
}

function readAdapter(reader: Reader, value: unknown, place: string): PermittedAdapter {
  const given = reader.object(value, place, ["symbol", "reason", "owner", "until"]);
  return {
    symbol: reader.pattern(given.symbol, `${place}.symbol`, symbolPattern, "path#Name"),
    reason: reader.text(given.reason, `${place}.reason`),
    owner: reader.text(given.owner, `${place}.owner`),
    until: reader.date(given.until, `${place}.until`),
  };
}

function readPrimitive(reader: Reader, value: unknown, place: string): Primitive {
  const given = reader.object(value, place, ["call", "allowed"]);
  return {
    call: reader.text(given.call, `${place}.call`),
    allowed: reader.texts(given.allowed ?? [], `${place}.allowed`),
  };
}

/** Reads on after a mistake, so that all of them are told at once. */
class Reader {
  readonly problems: string[] = [];

  object(value: unknown, place: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.problems.push(`${place || "the file"}: is an object`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key))
        this.problems.push(`${place === "" ? key : `${place}.${key}`}: is not known; known are ${keys.join(", ")}`);
    }
    return value as Readonly<Record<string, unknown>>;
  }

  list(value: unknown, place: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.problems.push(`${place}: is a list`);
    return [];
  }

  text(value: unknown, place: string): string {
    if (typeof value === "string" && value.trim() !== "") return value;
    this.problems.push(`${place}: is a text that is not empty`);
    return "";
  }

  texts(value: unknown, place: string): readonly string[] {
    return this.list(value, place).map((entry, index) => this.text(entry, `${place}[${index}]`));
  }

  pattern(value: unknown, place: string, pattern: RegExp, words: string): string {
    if (typeof value === "string" && pattern.test(value)) return value;
    this.problems.push(`${place}: is ${words}`);
    return "";
  }

  date(value: unknown, place: string): string {
    if (typeof value === "string" && isDate(value)) return value;
    this.problems.push(`${place}: is a date YYYY-MM-DD`);
    return "";
  }

  symbols(value: unknown, place: string): readonly string[] {
    return this.list(value, place).map((entry, index) =>
      this.pattern(entry, `${place}[${index}]`, symbolPattern, "path#Name"),
    );
  }
}
