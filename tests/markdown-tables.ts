/**
 * Reads the tables of a Markdown document, so that a test can hold the document against the code. Knows headings, fences
 * and GFM tables, and nothing else of Markdown.
 */
import { readFileSync } from "node:fs";

/** Cells by the header of their column, as written but for escapes and the space around them. */
export type TableRow = Readonly<Record<string, string>>;

interface MarkdownTable {
  /** Text of the nearest heading above. */
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** Every table of the document at `path`, which is relative to the repository. */
export function documentTables(path: string): DocumentTables {
  return new DocumentTables(path, readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));
}

class DocumentTables {
  readonly text: string;
  readonly #path: string;
  readonly #tables: readonly MarkdownTable[];

  constructor(path: string, text: string) {
    this.text = text;
    this.#path = path;
    this.#tables = parseTables(text);
  }

  /** Rows of the one table below `heading` whose first column is `column`; throws when there is none, or another. */
  rows(heading: string, column: string): readonly TableRow[] {
    const found = this.#tables.filter((table) => table.heading === heading && table.columns[0] === column);
    const [table] = found;
    if (table === undefined || found.length > 1) {
      throw new Error(`unable to find the table; ${this.#path} has ${found.length} of "${column}" below "${heading}"`);
    }
    return table.rows;
  }

  /** Headings of the tables whose first column is `column`. */
  headings(column: string): string[] {
    return this.#tables.filter((table) => table.columns[0] === column).map((table) => table.heading);
  }
}

/** What stands in code spans in a cell: `` `a`, `b` `` gives both. */
export function codes(cell: string | undefined): string[] {
  return Array.from((cell ?? "").matchAll(/`([^`\n]+)`/g), (match) => match[1] as string);
}

/** The one code span of a cell. */
export function code(cell: string | undefined): string {
  const [only, ...more] = codes(cell);
  if (only === undefined || more.length > 0)
    throw new Error(`unable to read the cell; "${cell}" has not one code span`);
  return only;
}

function parseTables(text: string): MarkdownTable[] {
  const tables: (MarkdownTable & { readonly rows: TableRow[] })[] = [];
  let heading = "";
  let fenced = false;
  let before = "";
  let open: (typeof tables)[number] | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    if (fenced) continue;
    const title = /^#+\s+(.*)$/.exec(line)?.[1];
    if (title !== undefined) heading = title.trim();
    if (!line.startsWith("|")) open = undefined;
    else if (/^\|(?:\s*:?-+:?\s*\|)+\s*$/.test(line)) {
      open = { heading, columns: cells(before), rows: [] };
      tables.push(open);
    } else if (open !== undefined) {
      const row = cells(line);
      if (row.length !== open.columns.length) {
        throw new Error(`unable to read the table below "${heading}"; ${row.length} cells in "${line}"`);
      }
      open.rows.push(Object.fromEntries(open.columns.map((column, index) => [column, row[index] as string])));
    }
    before = line;
  }
  return tables;
}

/** A bar ends a cell even inside a code span, unless it is escaped. */
function cells(line: string): string[] {
  return line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll("\\|", "|").trim());
}
