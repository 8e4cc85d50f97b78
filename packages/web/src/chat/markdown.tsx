import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import remend from "remend";
import { safeLink } from "./safe-link.ts";

/**
 * What an agent wrote. Raw HTML is shown as text, images are never loaded (their address would tell somebody that the
 * text was read), and links lead only where a person would expect.
 */
const components: Components = {
  a({ href, children }) {
    const target = safeLink(href);
    if (target === undefined) return <span>{children}</span>;
    return (
      <a href={target} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  img({ src, alt }) {
    const target = typeof src === "string" ? safeLink(src) : undefined;
    const text = `Image: ${alt || "without a description"}`;
    if (target === undefined) return <span className="image-link">{text}</span>;
    return (
      <a className="image-link" href={target} target="_blank" rel="noopener noreferrer nofollow">
        {text}
      </a>
    );
  },
};

interface MarkdownProps {
  readonly text: string;
  /** The text is still being written: what is open at its end is closed for show. */
  readonly streaming: boolean;
}

export const Markdown = memo(function Markdown({ text, streaming }: MarkdownProps) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={components}>
        {streaming ? remend(text) : text}
      </ReactMarkdown>
    </div>
  );
});
