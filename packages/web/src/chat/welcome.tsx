const examples = [
  "What time is it in Tokyo, and what is 12 × 7?",
  "3 km + 200 m in miles",
  "What date is next friday?",
  "note: groceries: milk, bread and coffee",
  "/note_list",
  "count to 100",
];

/** What to try first. */
export function Welcome({ onChoose }: { onChoose(text: string): void }) {
  return (
    <section className="welcome">
      <h2>What can I do for you?</h2>
      <p className="muted">
        Every device of yours shows the same conversation. Reload, go offline, come back: nothing is lost.
      </p>
      <ul>
        {examples.map((example) => (
          <li key={example}>
            <button type="button" onClick={() => onChoose(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
