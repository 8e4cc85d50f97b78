import { useState } from "react";
import { Icon, type IconName } from "./icon.tsx";
import { applyTheme, nextTheme, storedTheme, type Theme } from "./theme.ts";

const icons: Readonly<Record<Theme, IconName>> = { system: "monitor", light: "sun", dark: "moon" };

export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const change = () => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button
      type="button"
      className="icon-button"
      onClick={change}
      aria-label={`Colours: ${theme}. Change`}
      title={`Colours: ${theme}`}
    >
      <Icon name={icons[theme]} />
    </button>
  );
}
