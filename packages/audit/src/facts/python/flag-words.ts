/** Words that say of a condition that it asks for a setting, an environment or a feature, rather than for data. */
const flagWords: ReadonlySet<string> = new Set([
  "config",
  "configs",
  "configuration",
  "disable",
  "disabled",
  "enable",
  "enabled",
  "env",
  "environ",
  "environment",
  "experiment",
  "experimental",
  "fallback",
  "feature",
  "features",
  "flag",
  "flags",
  "getenv",
  "legacy",
  "setting",
  "settings",
  "toggle",
]);

/** Whether a name reads like a flag: one of its words is a flag word, or it begins with `use_` and goes on. */
export function isFlagName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split("_")
    .filter((word) => word !== "");
  return words.some((word) => flagWords.has(word)) || (words[0] === "use" && words.length > 1);
}
