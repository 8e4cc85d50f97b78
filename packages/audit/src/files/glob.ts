/**
 * A test for paths with `/`: `*` and `?` stay within a folder, `**` does not, `{a,b}` is either. A pattern that names a
 * folder means everything in it; one without `/` means any file or folder of that name, however deep.
 */
export function globTest(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(toExpression);
  return (path) => expressions.some((expression) => expression.test(path));
}

function toExpression(pattern: string): RegExp {
  const trimmed = pattern.replace(/^\.?\//, "").replace(/\/$/, "");
  if (trimmed === "" || trimmed === ".") return /^/;
  const start = trimmed.includes("/") ? "^" : "^(?:.*/)?";
  return new RegExp(`${start}${translate(trimmed)}(?:/.*)?$`);
}

function translate(pattern: string): string {
  let depth = 0;
  return pattern.replace(/\*\*\/|\*\*|[\s\S]/g, (part) => {
    switch (part) {
      case "**/":
        return "(?:.*/)?";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      case "{":
        depth += 1;
        return "(?:";
      case "}":
        if (depth === 0) return "\\}";
        depth -= 1;
        return ")";
      case ",":
        return depth > 0 ? "|" : ",";
      default:
        return part.replace(/[\\^$.|+()[\]]/, "\\$&");
    }
  });
}
