export function PendingMessage({ text }: { readonly text: string }) {
  return (
    <article className="run" data-run-state="unsent">
      <div className="message">{text}</div>
      <p className="message-state">Sending …</p>
    </article>
  );
}
