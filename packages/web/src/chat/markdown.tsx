import remend from "remend";
import { MarkdownBlock } from "./markdown-block.tsx";
import { splitMarkdown } from "./split-markdown.ts";

interface MarkdownProps {
  readonly text: string;
  /** The text is still being written: what is open at its end is closed for show. */
  readonly streaming: boolean;
}

/** What an agent wrote. Only blocks that have changed are parsed, or long answers would take longer with each word. */
export function Markdown({ text, streaming }: MarkdownProps) {
  const blocks = splitMarkdown(text);
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only added at the end
        <MarkdownBlock key={index} text={streaming && index === blocks.length - 1 ? remend(block) : block} />
      ))}
    </div>
  );
}
