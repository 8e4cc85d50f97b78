const simpleEscapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\n": "",
};

/** The value of a string token: without prefix and quotes, the usual escapes resolved. */
export function stringValue(literal: string): string {
  let start = 0;
  while (literal[start] !== '"' && literal[start] !== "'") {
    start++;
  }
  const quotes = literal.startsWith(literal.charAt(start).repeat(3), start) && literal.length >= start + 6 ? 3 : 1;
  const content = literal.slice(start + quotes, literal.length - quotes);
  if (!content.includes("\\") || /r/i.test(literal.slice(0, start))) {
    return content;
  }
  return content.replace(/\\(\r\n|[\s\S])/g, (whole, escaped: string) => {
    if (escaped === "\\" || escaped === "'" || escaped === '"') {
      return escaped;
    }
    return simpleEscapes[escaped.replace("\r\n", "\n")] ?? whole;
  });
}
