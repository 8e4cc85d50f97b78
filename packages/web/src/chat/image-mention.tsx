import { use } from "react";
import { InsideLink, OutsideLink } from "./outside-link.tsx";
import { safeLink } from "./safe-link.ts";

interface ImageMentionProps {
  readonly src: string | undefined;
  readonly alt: string | undefined;
}

/** An image is never loaded: its address would tell somebody that the text was read. Its words and its address are shown. */
export function ImageMention({ src, alt }: ImageMentionProps) {
  const inLink = use(InsideLink);
  const target = safeLink(src);
  const text = `Image: ${alt || "without a description"}${target === undefined ? "" : ` (${target})`}`;
  if (inLink) return <span className="image-mention">{text}</span>;
  return (
    <span className="image-mention">
      <OutsideLink href={target}>{text}</OutsideLink>
    </span>
  );
}
