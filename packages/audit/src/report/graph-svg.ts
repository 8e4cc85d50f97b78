import type { Member, ResponsibilityReport } from "./audit-report.ts";

const width = 1_000;
const boxWidth = 200;
const boxHeight = 34;
const rowHeight = 44;
/** More are counted in words: a picture of hundreds says nothing. */
const perColumnMax = 14;

interface Box {
  readonly label: string;
  readonly title: string;
  readonly kind: "owner" | "fine" | "wrong" | "caller";
  readonly edge: "ok" | "around" | undefined;
}

/** The owner in the middle, who uses it on the left, adapters and the like on the right, rivals and bypasses below them. */
export function graphSvg({ owner, members, sites }: ResponsibilityReport, asText: (text: string) => string): string {
  const callers = [
    ...new Map(sites.filter(({ verdict }) => verdict === "ok").map((site) => [site.caller, site])).values(),
  ];
  const left = limited(
    callers.map(({ caller }): Box => ({ label: shortName(caller), title: caller, kind: "caller", edge: "ok" })),
    "callers",
  );
  const right = limited(
    members.filter(({ status }) => status !== "canonical" && status !== "hollow").map(boxOf),
    "members",
  );
  const rows = Math.max(left.length, right.length, 3);
  const height = rows * rowHeight + 24;
  const middle = { x: (width - boxWidth) / 2, y: height / 2 - boxHeight / 2 };
  const column = (boxes: readonly Box[], x: number, fromRight: boolean) =>
    boxes.map((box, index) => {
      const y = (height - boxes.length * rowHeight) / 2 + index * rowHeight + (rowHeight - boxHeight) / 2;
      const [x1, x2] = fromRight ? [x, middle.x + boxWidth] : [x + boxWidth, middle.x];
      const line =
        box.edge === undefined
          ? ""
          : `<line class="${box.edge}" x1="${x1}" y1="${y + boxHeight / 2}" x2="${x2}" y2="${middle.y + boxHeight / 2}"/>`;
      return { line, shape: shape(box, x, y, asText) };
    });
  const drawn = [...column(left, 12, false), ...column(right, width - boxWidth - 12, true)];
  const hub = shape(
    { label: shortName(owner), title: owner, kind: "owner", edge: undefined },
    middle.x,
    middle.y,
    escape,
  );
  const summary = `${callers.length} callers use ${shortName(owner)}; ${right.length} other members`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${asText(summary)}">${drawn.map(({ line }) => line).join("")}${drawn.map(({ shape: one }) => one).join("")}${hub}</svg>`;
}

function boxOf({ symbol, status }: Member): Box {
  const isFine = status === "adapter" || status === "shim" || status === "extension";
  const label = `${status.replace("_", " ")}: ${shortName(symbol)}`;
  return {
    label,
    title: symbol,
    kind: isFine ? "fine" : "wrong",
    edge: isFine ? "ok" : status === "bypass" || status === "leaky_adapter" ? "around" : undefined,
  };
}

function limited(boxes: readonly Box[], what: string): readonly Box[] {
  if (boxes.length <= perColumnMax) return boxes;
  const rest = boxes.length - perColumnMax + 1;
  return [
    ...boxes.slice(0, perColumnMax - 1),
    { label: `and ${rest} more ${what}`, title: "", kind: "caller", edge: undefined },
  ];
}

/** Shape as well as colour says what it is: owners are round, what is wrong has a double edge in its words. */
function shape({ label, title, kind }: Box, x: number, y: number, asText: (text: string) => string): string {
  const text = label.length > 34 ? `${label.slice(0, 33)}…` : label;
  const words = `<text x="${x + boxWidth / 2}" y="${y + boxHeight / 2 + 4}" text-anchor="middle">${asText(text)}</text>`;
  const frame =
    kind === "owner"
      ? `<ellipse class="owner" cx="${x + boxWidth / 2}" cy="${y + boxHeight / 2}" rx="${boxWidth / 2}" ry="${boxHeight / 2 + 8}"/>`
      : `<rect class="${kind}" x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="${kind === "wrong" ? 0 : 8}"/>`;
  return `<g><title>${asText(title)}</title>${frame}${words}</g>`;
}

function shortName(symbol: string): string {
  // Names of private members have the sign as well.
  const at = symbol.indexOf("#");
  const [path, name] = [symbol.slice(0, at), symbol.slice(at + 1)];
  return name === "" ? (path.split("/").at(-1) ?? path) : name;
}
