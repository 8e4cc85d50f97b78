import type { JsonValue } from "@throughline/protocol";

interface JsonBlockProps {
  readonly label: string;
  readonly value: JsonValue;
}

export function JsonBlock({ label, value }: JsonBlockProps) {
  return (
    <figure className="json-block">
      <figcaption>{label}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and not every browser lets the keyboard do that */}
      <pre tabIndex={0}>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
    </figure>
  );
}
