import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { applyTheme, storedTheme } from "./theme.ts";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/session.css";
import "./styles/layout.css";
import "./styles/thread.css";
import "./styles/activity.css";
import "./styles/markdown.css";
import "./styles/composer.css";
import "./styles/dialog.css";

applyTheme(storedTheme());
const root = document.getElementById("root");
if (root === null) throw new Error("unable to show the page; it has no root element");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
