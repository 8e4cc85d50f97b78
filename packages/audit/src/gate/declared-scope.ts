import type { AuditConfig } from "../config/audit-config.ts";

/** What a configuration declares of scope, owners and targets: name → its value as text. A change of it has to be accepted. */
export type DeclaredScope = Readonly<Record<string, string>>;

/**
 * Whatever could make a number better without a change of the code: what is looked at and what it is, who owns, what counts as
 * one of the kind, what may be used where, the targets and the layers. Permitted adapters are no part of it, because a declared adapter has
 * to be proven all the same.
 */
export function declaredScopeOf({ scope, roles, entries, responsibilities, layers }: AuditConfig): DeclaredScope {
  const declared: Record<string, string> = {};
  const put = (name: string, value: unknown) => {
    const text = JSON.stringify(value);
    if (text !== "[]" && text !== "{}") declared[name] = text;
  };
  put("scope.include", scope.include);
  put("scope.exclude", scope.exclude);
  put("roles", roles);
  put("entries", entries);
  for (const { id, why: _why, adapters: _adapters, ...rest } of responsibilities)
    for (const [name, value] of Object.entries(rest)) put(`${id}.${name}`, value);
  for (const { id, why: _why, ...rest } of layers)
    for (const [name, value] of Object.entries(rest)) put(`${id}.${name}`, value);
  return declared;
}

/** What was changed, in words, by name; empty: nothing. */
export function scopeChanges(before: DeclaredScope, now: DeclaredScope): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name}: ${before[name] ?? "nothing"} is now ${now[name] ?? "nothing"}`);
}
