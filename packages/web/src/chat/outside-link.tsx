import { createContext, type ReactNode } from "react";
import { safeLink } from "./safe-link.ts";

/** True below a link: a link in a link is none. */
export const InsideLink = createContext(false);

interface OutsideLinkProps {
  readonly href: string | undefined;
  readonly children: ReactNode;
}

/** A link that leads only where a person would expect; its text alone, if it leads anywhere else. */
export function OutsideLink({ href, children }: OutsideLinkProps) {
  const target = safeLink(href);
  if (target === undefined) return <span>{children}</span>;
  return (
    <a href={target} target="_blank" rel="noopener noreferrer nofollow">
      <InsideLink value={true}>{children}</InsideLink>
    </a>
  );
}
