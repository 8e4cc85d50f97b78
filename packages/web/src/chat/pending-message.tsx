import { useConnection } from "@throughline/client/react";
import { Icon } from "../icon.tsx";

export function PendingMessage({ text }: { readonly text: string }) {
  const live = useConnection().state === "live";
  return (
    <article className="run" data-run-state="unsent">
      <div className="message">{text}</div>
      <p className="message-state">
        <Icon name="clock" />
        {live ? "Sending …" : "Not sent yet. It goes out when the connection is back."}
      </p>
    </article>
  );
}
