import { useEffect, useState } from "react";
import { Icon } from "../icon.tsx";

const confirmedForMs = 2_000;

/** Nothing where the browser lends no clipboard, as on pages without https. */
export function CopyButton({ text }: { text(): string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), confirmedForMs);
    return () => clearTimeout(timer);
  }, [copied]);
  if (globalThis.navigator?.clipboard === undefined) return null;
  const copy = () => {
    navigator.clipboard.writeText(text()).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" className="quiet-button copy-button" onClick={copy}>
      <Icon name={copied ? "check" : "copy"} />
      {copied ? "Copied" : "Copy"}
    </button>
  );
}
