import { type ReactNode, useRef } from "react";
import { CopyButton } from "./copy-button.tsx";

export function CodeBlock({ children }: { readonly children: ReactNode }) {
  const code = useRef<HTMLPreElement>(null);
  return (
    <figure className="code-block" aria-label="Code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and not every browser lets the keyboard do that */}
      <pre ref={code} tabIndex={0}>
        {children}
      </pre>
      <CopyButton text={() => code.current?.textContent ?? ""} />
    </figure>
  );
}
