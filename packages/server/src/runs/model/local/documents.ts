/** "search my documents for invoice", "what do my documents say about tea", "read document report.txt". */
import { callIntent, type IntentReader } from "./intent.ts";

const where = String.raw`(?:in\s+|through\s+)?(?:(?:my|the|our|all)\s+)*(?:documents?|docs|files?|uploads?)`;

const searchPatterns: readonly RegExp[] = [
  new RegExp(String.raw`^(?:search|look|find)\s+${where}\s+for\s+(?<query>[\s\S]+)$`, "i"),
  new RegExp(String.raw`^(?:search for|search|find|look up|look for)\s+(?<query>[\s\S]+?)\s+${where}$`, "i"),
  new RegExp(String.raw`^what\s+(?:do|does)\s+${where}\s+say\s+(?:about|on)\s+(?<query>[\s\S]+)$`, "i"),
  new RegExp(String.raw`^which\s+${where}\s+(?:mentions?|contains?|talks? about|speaks? of)\s+(?<query>[\s\S]+)$`, "i"),
  /^search\s+(?:for\s+)?(?<query>[\s\S]+)$/i,
];
const readPatterns: readonly RegExp[] = [
  /^(?:(?:read|show|open|get)\s+(?:me\s+)?)?(?:the\s+|my\s+)?(?:document|file)\s+(?<name>[\s\S]+)$/i,
  /^(?:read|show|open)\s+(?:me\s+)?(?:the\s+|my\s+)?(?<name>\S+\.(?:txt|md|markdown|csv|json|log|html?))$/i,
];

export const readDocuments: IntentReader = (text) => {
  const bare = text.replace(/[\s?!]+$/, "").replace(/(?<=\s\S+)\.$/, "");
  const query = firstGroup(searchPatterns, bare, "query");
  if (query !== undefined) return callIntent("search_documents", { query }, `"${query}" in your documents`);
  const name = firstGroup(readPatterns, bare, "name");
  return name === undefined ? undefined : callIntent("read_document", { name }, `the document ${name}`);
};

function firstGroup(patterns: readonly RegExp[], text: string, group: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.groups?.[group];
    if (found !== undefined) return found.trim().replace(/^"(.*)"$/, "$1");
  }
  return undefined;
}
