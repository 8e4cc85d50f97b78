/** Which Node the program runs on. Loaded by any Node from 20 on, so it uses nothing newer. */
import { manifest } from "./manifest.ts";

/** Such as `^22.18 || ^24.11 || >=26`. */
export const nodeRange: string = manifest.engines.node;

/** Whether a version is in `nodeRange`. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return nodeRange.split("||").some((part) => {
    const [, operator, leastMajor, leastMinor] = /(\^|>=)(\d+)(?:\.(\d+))?/.exec(part) ?? [];
    if (major === Number(leastMajor)) return minor >= Number(leastMinor ?? 0);
    return operator === ">=" && major > Number(leastMajor);
  });
}
