import type { Model } from "./use-model.ts";

interface Example {
  readonly about: string;
  readonly text: string;
}

/** For the agent that a server has by itself, by its name. */
const examplesFor: Readonly<Record<string, readonly Example[] | undefined>> = {
  assistant: [
    { about: "Clock and calculator", text: "What time is it in Tokyo, and what is 12 × 7?" },
    { about: "Units", text: "10 km in miles" },
    { about: "Dates", text: "What date is next Friday?" },
    { about: "Notes", text: "note groceries: milk, bread and coffee" },
    { about: "Your documents", text: "search my documents for invoice" },
    { about: "Any tool, by hand", text: "/tool world_clock place=Lisbon" },
  ],
};

interface WelcomeProps {
  readonly model: Model | undefined;
  onChoose(text: string): void;
}

/** What to try first. */
export function Welcome({ model, onChoose }: WelcomeProps) {
  const examples = model && examplesFor[model.agent];
  return (
    <section className="welcome">
      <h2>What can I do for you?</h2>
      <p className="muted">
        All your devices show the same conversation. Reload, go offline, come back: nothing is lost.
      </p>
      {examples !== undefined && (
        <ul>
          {examples.map(({ about, text }) => (
            <li key={text}>
              <button type="button" onClick={() => onChoose(text)}>
                <span className="muted">{about}</span>
                {text}
              </button>
            </li>
          ))}
        </ul>
      )}
      {model !== undefined && <p className="welcome-model">{model.description}</p>}
    </section>
  );
}
