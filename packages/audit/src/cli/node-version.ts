import { readFileSync } from "node:fs";

/** Such as `^22.18 || ^24.11 || >=26`, as the manifest has it. */
export function nodeRange(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return manifest.engines.node;
}

/** Whether a version is in a range of that form. Runs on any Node, so it uses nothing new. */
export function isInRange(version: string, range: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return range.split("||").some((part) => {
    const [, operator, leastMajor, leastMinor] = /(\^|>=)(\d+)(?:\.(\d+))?/.exec(part) ?? [];
    if (major === Number(leastMajor)) return minor >= Number(leastMinor ?? 0);
    return operator === ">=" && major > Number(leastMajor);
  });
}
