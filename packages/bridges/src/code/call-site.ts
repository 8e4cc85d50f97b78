import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

// Source maps may name the sources and not what was compiled, so all of this package is left out.
const here = fileURLToPath(new URL("../../", import.meta.url));
const framePattern = /\(?((?:file:\/\/)?\/[^()]+|[A-Za-z]:[^()]+):(\d+):\d+\)?$/;

/** The first place outside of the bridges that leads to this call, as `path:line` from the working folder. */
export function callSite(): string {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  for (const frame of frames) {
    const match = framePattern.exec(frame.trim());
    if (match === null) continue;
    const path = (match[1] as string).startsWith("file://") ? fileURLToPath(match[1] as string) : (match[1] as string);
    if (path.startsWith(here)) continue;
    return `${relative(process.cwd(), path).split(sep).join("/")}:${match[2]}`;
  }
  return "unknown";
}
