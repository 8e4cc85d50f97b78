/**
 * Methods of lists, maps, sets, texts, promises, files and the like. A call of `lines.join` on something of which nothing
 * is known is hardly ever a call of an owner that happens to have a `join` as well.
 */
const names = `
  add append apply at bind call capitalize catch clear close concat copy count decode delete difference discard
  encode end endsWith endswith entries every extend fill filter finally find findIndex flat flatMap flush forEach format
  get has includes index indexOf insert intersection items join keys lower lstrip map match next open pop popitem push
  read readline reduce remove replace replaceAll resolve reverse rsplit rstrip seek send set setdefault shift slice some
  sort splice split splitlines startsWith startswith strip substring test then throw title toJSON toString trim union
  unshift update upper values write writelines`;

const builtin: ReadonlySet<string> = new Set(names.trim().split(/\s+/));

export function isBuiltinMethod(name: string): boolean {
  return builtin.has(name);
}
