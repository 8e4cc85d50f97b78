import type { QualityVerdict } from "@throughline/protocol";

/** What was made of an answer: its level, and behind it why it did not pass and what would make it better. */
export function VerdictNote({ verdict }: { readonly verdict: QualityVerdict }) {
  const { level, score, passed, issues, suggestions, judgement } = verdict;
  const title = `Quality: ${level}, ${score.toFixed(2)}`;
  if (passed && judgement === undefined) return <span className="verdict">{title}</span>;
  return (
    <details className="verdict" data-passed={passed}>
      <summary>{title}</summary>
      {issues.length > 0 && (
        <ul>
          {issues.map(({ code, message }) => (
            <li key={code}>{message}</li>
          ))}
        </ul>
      )}
      {judgement !== undefined && (
        <p>
          Second judge, {judgement.outcome}: {judgement.reason}
        </p>
      )}
      {!passed && suggestions.length > 0 && <p>{suggestions.join(" ")}</p>}
    </details>
  );
}
